/** The timeline of a recording, drawn; a slider for keyboard and screen reader. */

import { colour } from "./colours.js";
import { make } from "./dom.js";
import { cutAt, differ, top } from "./moments.js";
import { Painter, prepare } from "./paint.js";
import { clock, sentence } from "./words.js";

const STEP_S = 0.5;
const TICKS_S = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const THUMB = 44;

/** Lanes from top to bottom: [key, name, short name, height, gap after it]. */
const LANES = [
  ["stack", "Probability", "Prob.", 136, 8],
  ["fused", "Together", "Both", 26, 5],
  ["audio", "Voice", "Voice", 24, 1],
  ["differ", "differ", "differ", 13, 1],
  ["video", "Face", "Face", 24, 10],
  ["wave", "Sound", "Sound", 46, 3],
  ["speech", "Speech", "Speech", 7, 9],
  ["strip", "Picture", "Picture", THUMB, 3],
  ["seen", "Face seen", "Seen", 7, 4],
  ["axis", "", "", 20, 0],
];

export class Timeline {
  /** `seek(seconds)` is called where somebody chose a time, `toggle()` to play or pause. */
  constructor(host, { seek, toggle, hover }) {
    this.host = host;
    this.calls = { seek, toggle, hover };
    this.base = make("canvas", { "aria-hidden": "true" });
    this.over = make("canvas", { "aria-hidden": "true", class: "over" });
    this.images = [];
    this.time = 0;
    host.append(this.base, this.over);
    for (const [name, value] of Object.entries({
      role: "slider", tabindex: "0", "aria-label": "Time in the recording", "aria-describedby": "timeline-help",
      "aria-valuemin": "0",
    })) host.setAttribute(name, value);
    this.listen();
  }

  listen() {
    const { host } = this;
    host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.dragging = true;
      host.setPointerCapture(event.pointerId);
      this.calls.seek(this.timeAt(event));
    });
    host.addEventListener("pointermove", (event) => this.moved(event));
    for (const end of ["pointerup", "pointercancel"]) host.addEventListener(end, () => { this.dragging = false; });
    host.addEventListener("pointerleave", () => this.pointTo(null));
    host.addEventListener("keydown", (event) => this.pressed(event));
    new ResizeObserver(() => this.draw()).observe(host);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  moved(event) {
    if (this.dragging) this.calls.seek(this.timeAt(event));
    else if (event.pointerType === "mouse") this.pointTo(this.timeAt(event));
  }

  pointTo(time) {
    this.pointed = time;
    this.drawOver();
    this.calls.hover(time);
  }

  pressed(event) {
    const here = this.found.findIndex((cut) => this.time < cut.end);
    const jumps = {
      ArrowLeft: () => this.time - STEP_S, ArrowDown: () => this.time - STEP_S,
      ArrowRight: () => this.time + STEP_S, ArrowUp: () => this.time + STEP_S,
      Home: () => 0, End: () => this.duration,
      PageUp: () => (this.found[here < 0 ? this.found.length - 1 : here - 1] ?? this.found[0])?.start ?? 0,
      PageDown: () => this.found[here + 1]?.start ?? this.duration,
    };
    if (event.key === " ") this.calls.toggle();
    else if (event.key in jumps) this.calls.seek(this.clamp(jumps[event.key]()));
    else return;
    event.preventDefault();
  }

  /** Take what is to be drawn: cuts of one track, and the server's overview. */
  set(found, overview, classes) {
    Object.assign(this, { found, overview, classes, time: 0, pointed: null });
    this.duration = Math.max(overview.duration_s, 0.001);
    this.host.setAttribute("aria-valuemax", this.duration.toFixed(1));
    this.lanes = this.layout();
    this.images = overview.strip.map(({ time_s: time, image }) => ({ time, picture: image && this.load(image) }));
    this.draw();
    this.setTime(0);
  }

  load(source) {
    const picture = new Image();
    picture.onload = () => this.draw();
    picture.src = source;
    return picture;
  }

  layout() {
    const absent = new Set();
    if (!this.overview.waveform) ["audio", "differ", "wave", "speech"].forEach((key) => absent.add(key));
    if (!this.overview.strip.length) ["differ", "video", "strip", "seen"].forEach((key) => absent.add(key));
    let y = 0;
    return new Map(LANES.filter(([key]) => !absent.has(key)).map(([key, name, short, height, gap]) => {
      const lane = { y, height, name, short };
      y += height + gap;
      this.height = y;
      return [key, lane];
    }));
  }

  /** Move the mark; while it plays, listeners hear of it only when something else holds. */
  setTime(time, playing = false) {
    this.time = this.clamp(time);
    const cut = cutAt(this.found, this.time);
    if (!playing || cut !== this.cut) this.tell(cut);
    this.cut = cut;
    this.drawOver();
  }

  tell(cut) {
    const words = cut ? sentence(cut.segment) : "nothing was judged here";
    this.host.setAttribute("aria-valuenow", this.time.toFixed(1));
    this.host.setAttribute("aria-valuetext",
      `${clock(this.time, true)} of ${clock(this.duration, true)}: ${words}`);
  }

  clamp(time) {
    return Math.min(Math.max(time, 0), this.duration);
  }

  x(time) {
    return this.gutter + (this.width - this.gutter) * (time / this.duration);
  }

  timeAt(event) {
    const across = event.clientX - this.host.getBoundingClientRect().left;
    return this.clamp(this.duration * (across - this.gutter) / (this.width - this.gutter));
  }

  draw() {
    this.width = this.host.clientWidth;
    if (!this.found || !this.width) return;
    this.gutter = this.width > 600 ? 84 : 50;
    const context = prepare(this.base, this.width, this.height);
    const painter = new Painter(context, this.classes);
    for (const { y, height, name, short } of this.lanes.values()) {
      if (!name) continue;
      painter.ground(this.gutter, this.width - this.gutter, y, height);
      painter.name(this.width > 600 ? name : short, this.gutter, y, height);
    }
    for (const cut of this.found) this.drawCut(painter, cut);
    this.drawWave(painter);
    this.drawSpans(painter, "speech", this.overview.speech, "audio");
    this.drawStrip(context);
    this.drawSpans(painter, "seen", this.overview.face, "video");
    this.drawAxis(context);
    this.drawOver();
  }

  drawCut(painter, { start, end, segment }) {
    const [x, width] = [this.x(start), this.x(end) - this.x(start)];
    const into = (key, draw) => {
      const lane = this.lanes.get(key);
      if (lane) draw(x, width, lane.y, lane.height);
    };
    into("stack", (...place) => painter.stack(...place, segment));
    into("fused", (...place) => painter.label(...place, segment.emotion, "undecided"));
    into("audio", (...place) => painter.label(...place, top(segment.probabilities.audio)?.[0]));
    into("video", (...place) => painter.label(...place, top(segment.probabilities.video)?.[0]));
    if (differ(segment)) into("differ", (...place) => painter.disagreement(...place));
  }

  drawWave({ context }) {
    const lane = this.lanes.get("wave");
    if (!lane) return;
    const { step_s: step, low, high } = this.overview.waveform;
    const loudest = Math.max(0.02, ...high, ...low.map((value) => -value));
    const middle = lane.y + lane.height / 2;
    const scale = (lane.height / 2 - 1) / loudest;
    context.beginPath();
    high.forEach((value, place) => context.lineTo(this.x(Math.min(place * step, this.duration)), middle - value * scale - 0.4));
    for (let place = low.length - 1; place >= 0; place -= 1) {
      context.lineTo(this.x(Math.min(place * step, this.duration)), middle - low[place] * scale + 0.4);
    }
    context.fillStyle = colour("muted");
    context.fill();
  }

  drawSpans(painter, key, spans, paint) {
    const lane = this.lanes.get(key);
    if (!lane) return;
    for (const [start, end] of spans) {
      painter.bar(this.x(start), this.x(end) - this.x(start), lane.y, lane.height, paint);
    }
  }

  drawStrip(context) {
    const lane = this.lanes.get("strip");
    if (!lane) return;
    let free = this.gutter;
    for (const { time, picture } of this.images) {
      const x = Math.min(Math.max(this.x(time) - THUMB / 2, this.gutter), this.width - THUMB);
      if (x < free - 0.5) continue;
      free = x + THUMB + 2;
      if (picture?.complete && picture.naturalWidth) context.drawImage(picture, x, lane.y, THUMB, THUMB);
    }
  }

  drawAxis(context) {
    const { y } = this.lanes.get("axis");
    const room = (this.width - this.gutter) / 64;
    const step = TICKS_S.find((tick) => this.duration / tick <= room) ?? 7200;
    context.fillStyle = colour("muted");
    context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "alphabetic";
    for (let time = 0; time <= this.duration + 1e-6; time += step) {
      const x = this.x(time);
      context.fillRect(Math.min(x, this.width - 1), y, 1, 4);
      context.textAlign = time === 0 ? "left" : x > this.width - 20 ? "right" : "center";
      context.fillText(clock(time, step < 1), x, y + 16);
    }
  }

  drawOver() {
    if (!this.found || !this.width) return;
    const context = prepare(this.over, this.width, this.height);
    const foot = this.lanes.get("axis").y;
    if (this.pointed !== null) {
      context.fillStyle = colour("muted");
      context.fillRect(this.x(this.pointed) - 0.5, 0, 1, foot);
    }
    const x = this.x(this.time);
    context.fillStyle = colour("surface");
    context.fillRect(x - 2, 0, 4, foot);
    context.fillStyle = colour("ink");
    context.fillRect(x - 1, 0, 2, foot);
    context.beginPath();
    context.moveTo(x - 6, 0);
    context.lineTo(x + 6, 0);
    context.lineTo(x, 8);
    context.fill();
  }
}
