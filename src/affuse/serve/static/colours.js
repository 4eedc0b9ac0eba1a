/** Colours and patterns of the emotions: the same everywhere, and never colour alone. */

const EMOTIONS = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"];
const TILE = 8;
const SHARPNESS = 2;

/** A pen per emotion that draws one tile of its pattern; neutral stays plain. */
const PENS = {
  calm: (pen) => line(pen, [0, 4], [8, 4]),
  happy: (pen) => dot(pen, 2, 2) || dot(pen, 6, 6),
  sad: (pen) => line(pen, [-2, -2], [10, 10]) || line(pen, [-2, 6], [2, 10]) || line(pen, [6, -2], [10, 2]),
  angry: (pen) => PENS.sad(pen) || PENS.disgust(pen),
  fearful: (pen) => line(pen, [4, 0], [4, 8]),
  disgust: (pen) => line(pen, [-2, 10], [10, -2]) || line(pen, [-2, 2], [2, -2]) || line(pen, [6, 10], [10, 6]),
  surprised: (pen) => { pen.strokeRect(2, 2, 4, 4); },
};

function line(pen, from, to) {
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
}

function dot(pen, x, y) {
  pen.beginPath();
  pen.arc(x, y, 1.1, 0, 7);
  pen.fill();
}

/** A colour of the style sheet, as it is in the present theme. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A bundle of one's own may know other emotions: they take the colours in turn. */
function standIn(emotion, classes) {
  return EMOTIONS.includes(emotion) ? emotion : EMOTIONS[Math.max(classes.indexOf(emotion), 0) % EMOTIONS.length];
}

/** Black or white, whichever reads better on a colour (#rgb or #rrggbb). */
export function inkOn(paint) {
  const hex = paint.length === 4 ? paint.replace(/[^#]/g, "$&$&") : paint;
  const [red, green, blue] = [1, 3, 5]
    .map((place) => parseInt(hex.slice(place, place + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

function pattern(context, draw) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE * SHARPNESS;
  const pen = tile.getContext("2d");
  pen.scale(SHARPNESS, SHARPNESS);
  draw(pen);
  const made = context.createPattern(tile, "repeat");
  made.setTransform(new DOMMatrix().scale(1 / SHARPNESS));
  return made;
}

/** Fill styles of the emotions for a canvas: {name: {plain, patterned, ink}}. */
export function palette(context, classes) {
  return Object.fromEntries(classes.map((emotion) => {
    const known = standIn(emotion, classes);
    const plain = colour(`emotion-${known}`);
    const ink = inkOn(plain);
    const patterned = pattern(context, (pen) => {
      pen.fillStyle = plain;
      pen.fillRect(0, 0, TILE, TILE);
      pen.fillStyle = pen.strokeStyle = ink === "#000" ? "#0000002b" : "#ffffff45";
      PENS[known]?.(pen);
    });
    return [emotion, { plain, patterned, ink }];
  }));
}

/** Hatching over nothing, for where voice and face differ. */
export function hatching(context, ink) {
  return pattern(context, (pen) => {
    pen.strokeStyle = ink;
    pen.lineWidth = 1.8;
    PENS.disgust(pen);
  });
}

/** A small square in colour and pattern of an emotion; of none: grey. */
export function swatch(emotion, classes, size = 20) {
  return square(size, (context) => (emotion ? palette(context, classes)[emotion].patterned : colour("undecided")));
}

/** The square for where voice and face differ. */
export function hatchedSwatch(size = 20) {
  return square(size, (context) => hatching(context, colour("ink")));
}

function square(size, fill) {
  const canvas = document.createElement("canvas");
  canvas.className = "swatch";
  canvas.width = canvas.height = size * SHARPNESS;
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  context.scale(SHARPNESS, SHARPNESS);
  context.fillStyle = fill(context);
  context.fillRect(0, 0, size, size);
  return canvas;
}
