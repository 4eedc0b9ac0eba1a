/** The last minute of the live mode, drawn; new moments come in on the right. */

import { make } from "./dom.js";
import { differ, top } from "./moments.js";
import { Painter, prepare } from "./paint.js";
import { t } from "./text.js";

const SHOWN_S = 60;
const LONGEST_S = 1;
const LANES = [
  ["stack", 112, 6],
  ["fused", 22, 4],
  ["audio", 20, 1],
  ["differ", 12, 1],
  ["video", 20, 8],
  ["speech", 7, 6],
  ["seen", 7, 6],
];

export class Rolling {
  constructor(host, classes) {
    this.host = host;
    this.classes = classes;
    this.moments = [];
    this.canvas = make("canvas", { role: "img", "aria-label": t("rolling.label") });
    host.replaceChildren(this.canvas);
    new ResizeObserver(() => this.draw()).observe(host);
  }

  add(moment) {
    this.moments.push(moment);
    this.moments = this.moments.filter((one) => one.time_s > moment.time_s - SHOWN_S);
    this.draw();
  }

  draw() {
    const width = this.host.clientWidth;
    if (!width) return;
    const gutter = width > 600 ? 84 : 50;
    const height = LANES.reduce((sum, lane) => sum + lane[1] + lane[2], 0);
    const painter = new Painter(prepare(this.canvas, width, height), this.classes, 0);
    let y = 0;
    for (const [key, tall, gap] of LANES) {
      painter.ground(gutter, width - gutter, y, tall);
      painter.name(t(width > 600 ? `lane.${key}` : `lane.short.${key}`), gutter, y, tall);
      this.lane(key, painter, { gutter, width, y, tall });
      y += tall + gap;
    }
  }

  lane(key, painter, { gutter, width, y, tall }) {
    const newest = this.moments.at(-1)?.time_s;
    const x = (time) => gutter + (width - gutter) * (1 - (newest - time) / SHOWN_S);
    for (const { start, end, value } of this.stretches(key)) {
      const left = x(Math.max(start, newest - SHOWN_S));
      this.stroke(key, painter, [left, x(end) - left, y, tall], value);
    }
  }

  /** Moments next to each other that say the same, as one. */
  stretches(key) {
    const found = [];
    for (const moment of this.moments) {
      const last = found.at(-1);
      const start = Math.max(last?.end ?? -Infinity, moment.time_s - LONGEST_S);
      const value = valueOf(key, moment);
      if (last && last.value === value && last.end === start) last.end = moment.time_s;
      else found.push({ start, end: moment.time_s, value });
    }
    return found;
  }

  stroke(key, painter, place, value) {
    if (key === "stack") painter.stack(...place, value);
    else if (key === "fused") painter.label(...place, value, t("undecided"));
    else if (key === "audio" || key === "video") painter.label(...place, value);
    else if (!value) return;
    else if (key === "differ") painter.disagreement(...place);
    else painter.bar(...place, key === "speech" ? "audio" : "video");
  }
}

/** What a lane shows of a moment. */
function valueOf(key, moment) {
  if (key === "stack") return moment;
  if (key === "fused") return moment.emotion;
  if (key === "differ") return differ(moment);
  if (key === "speech") return moment.speech >= 0.5;
  if (key === "seen") return moment.face;
  return top(moment.probabilities[key])?.[0];
}
