/** Strokes that the two timelines, of a recording and of the live mode, have in common. */

import { colour, hatching, palette } from "./colours.js";
import { emotionName } from "./text.js";

const NARROW = 3;

/** A canvas of the size of its host, sharp on any screen; returns its context and its width. */
export function prepare(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.resetTransform();
  context.clearRect(0, 0, across, down);
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  return context;
}

export class Painter {
  /** `gap`: pixels between one block and the next. */
  constructor(context, classes, gap = 1) {
    this.context = context;
    this.classes = classes;
    this.gap = gap;
    this.fills = palette(context, classes);
    this.hatch = hatching(context, colour("ink"));
    this.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  }

  /** Probabilities on top of each other, the first class at the foot; pale where undecided. */
  stack(x, width, y, height, moment) {
    const { context, classes, fills } = this;
    const shares = moment.probabilities.fused ?? {};
    let foot = y + height;
    context.globalAlpha = moment.emotion ? 1 : 0.4;
    for (const emotion of classes) {
      const size = height * (shares[emotion] ?? 0);
      foot -= size;
      this.block(x, width, foot, size, fills[emotion].patterned);
      if (size >= 17 && moment.emotion) this.write(emotionName(emotion), x, width, foot, size, fills[emotion]);
    }
    context.globalAlpha = 1;
  }

  /** A block with a fine gap to whatever lies above and beside it. */
  block(x, width, y, height, fill) {
    if (height <= 0 || width <= 0) return;
    this.context.fillStyle = fill;
    const gap = width < NARROW ? 0 : Math.min(this.gap, width / 4);
    this.context.fillRect(x, y + Math.min(0.5, height / 4), Math.max(width - gap, 0.5), Math.max(height - 1, height / 2));
  }

  /** Text in the middle of a block, on a plain ground, if it fits. */
  write(text, x, width, y, height, { plain, ink }) {
    const { context } = this;
    context.font = this.font;
    const needs = context.measureText(text).width + 10;
    if (needs > width - 2) return;
    context.fillStyle = plain;
    context.beginPath();
    context.roundRect(x + (width - needs) / 2, y + height / 2 - 8, needs, 16, 4);
    context.fill();
    context.fillStyle = ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x + width / 2, y + height / 2 + 0.5);
  }

  /** A named emotion as a block; grey with `otherwise` where there is none. */
  label(x, width, y, height, emotion, otherwise) {
    const grey = colour("undecided");
    const fill = this.fills[emotion] ?? { plain: grey, patterned: grey, ink: colour("ink") };
    if (!emotion && !otherwise) return;
    this.block(x, width, y, height, fill.patterned);
    this.write(emotion ? emotionName(emotion) : otherwise, x, width, y, height, fill);
  }

  disagreement(x, width, y, height) {
    this.block(x, width, y, height, this.hatch);
  }

  bar(x, width, y, height, name) {
    this.context.fillStyle = colour(name);
    this.context.fillRect(x, y, Math.max(width, 1), height);
  }

  frame(x, width, y, height) {
    this.context.strokeStyle = colour("accent");
    this.context.lineWidth = 3;
    this.context.strokeRect(x + 0.5, y + 1.5, Math.max(width - 2, 1), height - 3);
  }

  ground(x, width, y, height) {
    this.context.fillStyle = colour("raised");
    this.context.fillRect(x, y, width, height);
  }

  /** The name of a lane, in the gutter before it. */
  name(text, gutter, y, height) {
    const { context } = this;
    context.font = this.font;
    context.fillStyle = colour("muted");
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(text, 0, y + height / 2, gutter - 4);
  }
}
