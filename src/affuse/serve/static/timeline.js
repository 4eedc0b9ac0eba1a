/** The timeline of a recording, drawn; a slider for keyboard and screen reader. */

import { colour } from "./colours.js";
import { make } from "./dom.js";
import { Gestures } from "./gestures.js";
import { cutAt, pieces, top } from "./moments.js";
import { Painter, prepare } from "./paint.js";
import { Shown } from "./shown.js";
import { t } from "./text.js";
import { clock, sentence } from "./words.js";

const NARROWEST = 3;
const TICKS_S = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const THUMB = 44;

/** Lanes from top to bottom: [key, height, gap after it]. */
const LANES = [
  ["stack", 136, 8],
  ["fused", 26, 5],
  ["own", 28, 5],
  ["audio", 24, 1],
  ["differ", 13, 1],
  ["video", 24, 10],
  ["wave", 46, 3],
  ["speech", 7, 9],
  ["strip", THUMB, 3],
  ["seen", 7, 4],
  ["axis", 20, 0],
];

export class Timeline {
  /** `seek(seconds)` is called where somebody chose a time, `toggle()` to play or pause, `moved()` where another part is shown. */
  constructor(host, { seek, toggle, hover, moved }) {
    this.host = host;
    this.calls = { seek, toggle, hover, moved };
    this.shown = new Shown(1);
    this.base = make("canvas", { "aria-hidden": "true" });
    this.over = make("canvas", { "aria-hidden": "true", class: "over" });
    this.images = [];
    this.time = 0;
    host.append(this.base, this.over);
    for (const [name, value] of Object.entries({
      role: "slider", tabindex: "0", "aria-label": t("timeline.label"), "aria-describedby": "timeline-help",
      "aria-valuemin": "0",
    })) host.setAttribute(name, value);
    new Gestures(this);
    new ResizeObserver(() => this.draw()).observe(host);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Show `factor` times as much of the recording. */
  zoom(factor, around = this.time) {
    this.shown.zoom(factor, around);
    this.redraw();
  }

  scroll(from) {
    this.shown.scroll(from);
    this.redraw();
  }

  all() {
    this.shown.all();
    this.redraw();
  }

  redraw() {
    this.draw();
    this.calls.moved();
  }

  pointTo(time) {
    this.pointed = time;
    this.drawOver();
    this.calls.hover(time);
  }

  /** Take what is to be drawn: cuts of one track, and the server's overview. */
  set(found, overview, classes) {
    Object.assign(this, { found, overview, classes, time: 0, pointed: null });
    this.duration = Math.max(overview.duration_s, 0.001);
    this.shown = new Shown(this.duration);
    this.host.setAttribute("aria-valuemax", this.duration.toFixed(1));
    this.lanes = this.layout();
    this.images = overview.strip.map(({ time_s: time, image }) => ({ time, picture: image && this.load(image) }));
    this.redraw();
    this.setTime(0);
  }

  /** Other cuts of the same recording, such as those of another answer; place and part stay. */
  change(found) {
    this.found = found;
    this.draw();
    this.setTime(this.time);
  }

  /** The lane of corrections: its stretches and which of them is chosen; null: none. */
  setOwn(own, chosen = 0) {
    Object.assign(this, { own, chosen });
    if (!this.found) return;
    this.lanes = this.layout();
    this.draw();
  }

  load(source) {
    const picture = new Image();
    picture.onload = () => this.draw();
    picture.src = source;
    return picture;
  }

  layout() {
    const absent = new Set(this.own ? [] : ["own"]);
    if (!this.overview.waveform) ["audio", "differ", "wave", "speech"].forEach((key) => absent.add(key));
    if (!this.overview.strip.length) ["differ", "video", "strip", "seen"].forEach((key) => absent.add(key));
    let y = 0;
    return new Map(LANES.filter(([key]) => !absent.has(key)).map(([key, height, gap]) => {
      const lane = { y, height };
      y += height + gap;
      this.height = y;
      return [key, lane];
    }));
  }

  /** Move the mark; while it plays, listeners hear of it only when something else holds. */
  setTime(time, playing = false) {
    this.time = this.clamp(time);
    if (this.shown.follow(this.time, playing)) this.redraw();
    const cut = cutAt(this.found, this.time);
    if (!playing || cut !== this.cut) this.tell(cut);
    this.cut = cut;
    this.drawOver();
  }

  tell(cut) {
    const words = cut ? sentence(cut.segment) : t("timeline.nothing");
    this.host.setAttribute("aria-valuenow", this.time.toFixed(1));
    this.host.setAttribute("aria-valuetext",
      t("timeline.value", { time: clock(this.time, true), end: clock(this.duration, true), words }));
  }

  clamp(time) {
    return Math.min(Math.max(time, 0), this.duration);
  }

  x(time) {
    return this.gutter + (this.width - this.gutter) * ((time - this.shown.from) / this.shown.length);
  }

  timeAt(event) {
    const across = event.clientX - this.host.getBoundingClientRect().left;
    return this.clamp(this.shown.from + this.shown.length * (across - this.gutter) / (this.width - this.gutter));
  }

  draw() {
    this.width = this.host.clientWidth;
    if (!this.found || !this.width) return;
    this.gutter = this.width > 600 ? 84 : 50;
    const context = prepare(this.base, this.width, this.height);
    const painter = new Painter(context, this.classes);
    for (const [key, { y, height }] of this.lanes) {
      if (key === "axis") continue;
      painter.ground(this.gutter, this.width - this.gutter, y, height);
      painter.name(t(this.width > 600 ? `lane.${key}` : `lane.short.${key}`), this.gutter, y, height);
    }
    context.save();
    context.beginPath();
    context.rect(this.gutter, 0, this.width - this.gutter, this.height);
    context.clip();
    const { from, to, length } = this.shown;
    this.pieces = pieces(this.found, from, to, (NARROWEST * length) / (this.width - this.gutter));
    for (const piece of this.pieces) this.drawPiece(painter, piece);
    if (this.own) this.drawOwn(painter);
    this.drawWave(painter);
    this.drawSpans(painter, "speech", this.overview.speech, "audio");
    this.drawStrip(context);
    this.drawSpans(painter, "seen", this.overview.face, "video");
    context.restore();
    this.drawAxis(context);
    this.drawOver();
  }

  drawPiece(painter, { start, end, segment, apart }) {
    const x = Math.max(this.x(start), this.gutter);
    const width = Math.min(this.x(end), this.width) - x;
    const into = (key, draw) => {
      const lane = this.lanes.get(key);
      if (lane) draw(x, width, lane.y, lane.height);
    };
    into("stack", (...place) => painter.stack(...place, segment));
    into("fused", (...place) => painter.label(...place, segment.emotion, t("undecided")));
    into("audio", (...place) => painter.label(...place, top(segment.probabilities.audio)?.[0]));
    into("video", (...place) => painter.label(...place, top(segment.probabilities.video)?.[0]));
    into("differ", (left, wide, y, height) => painter.disagreement(left, wide, y + height * (1 - apart), height * apart));
  }

  /** A person's stretches are underlined; the chosen one has a frame. */
  drawOwn(painter) {
    const { y, height } = this.lanes.get("own");
    this.own.forEach(({ start_s: start, end_s: end, emotion, annotator }, place) => {
      if (end <= this.shown.from || start >= this.shown.to) return;
      const x = Math.max(this.x(start), this.gutter);
      const width = Math.min(this.x(end), this.width) - x;
      painter.label(x, width, y, height, emotion, t("undecided"));
      if (place === this.chosen) painter.frame(x, width, y, height);
      if (annotator === "person") painter.bar(x + 3, width - 7, y + height - 7, 3, "ink");
    });
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
      if (time < this.shown.from - 1 || time > this.shown.to + 1) continue;
      const x = Math.min(Math.max(this.x(time) - THUMB / 2, this.gutter), this.width - THUMB);
      if (x < free - 0.5) continue;
      free = x + THUMB + 2;
      if (picture?.complete && picture.naturalWidth) context.drawImage(picture, x, lane.y, THUMB, THUMB);
    }
  }

  drawAxis(context) {
    const { y } = this.lanes.get("axis");
    const room = (this.width - this.gutter) / 64;
    const { from, to, length } = this.shown;
    const step = TICKS_S.find((tick) => length / tick <= room) ?? 7200;
    context.fillStyle = colour("muted");
    context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "alphabetic";
    for (let time = Math.ceil(from / step - 1e-6) * step; time <= to + 1e-6; time += step) {
      const x = this.x(time);
      context.fillRect(Math.min(x, this.width - 1), y, 1, 4);
      context.textAlign = x < this.gutter + 20 ? "left" : x > this.width - 20 ? "right" : "center";
      context.fillText(clock(time, step < 1), x, y + 16);
    }
  }

  drawOver() {
    if (!this.found || !this.width) return;
    const context = prepare(this.over, this.width, this.height);
    const foot = this.lanes.get("axis").y;
    if (this.pointed !== null && this.shown.from <= this.pointed && this.pointed <= this.shown.to) {
      context.fillStyle = colour("muted");
      context.fillRect(this.x(this.pointed) - 0.5, 0, 1, foot);
    }
    if (this.time < this.shown.from || this.time > this.shown.to) return;
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
