/** Faces that the browser takes out of the recording that it plays: they are stored nowhere. */

const LONGEST_MS = 60_000;
const AROUND = 1.3;

/** Wait for an event of a video; fails with what the browser cannot play, or not in time. */
const comes = (video, name) => new Promise((resolve, reject) => {
  const ended = new AbortController();
  const end = (done) => () => { ended.abort(); done(); };
  setTimeout(end(reject), LONGEST_MS);
  video.addEventListener(name, end(resolve), { signal: ended.signal });
  video.addEventListener("error", end(reject), { signal: ended.signal });
});

function paint(canvas, video, { left, top, width, height }) {
  const [wide, high] = [video.videoWidth, video.videoHeight];
  const side = AROUND * Math.max(width * wide, height * high);
  canvas.getContext("2d").drawImage(video, (left + width / 2) * wide - side / 2, (top + height / 2) * high - side / 2,
    side, side, 0, 0, canvas.width, canvas.height);
  canvas.hidden = false;
}

/** Draw each of `wanted`, {canvas, portrait}, from where the recording lies; none where it cannot be played. */
export async function drawPortraits(source, wanted) {
  const video = Object.assign(document.createElement("video"), { muted: true, preload: "auto", src: source });
  try {
    await comes(video, "loadeddata");
    for (const { canvas, portrait } of wanted) {
      video.currentTime = portrait.time_s;
      await comes(video, "seeked");
      paint(canvas, video, portrait.box);
    }
  } catch {
    // Their first letters stay.
  } finally {
    video.removeAttribute("src");
    video.load();
  }
}
