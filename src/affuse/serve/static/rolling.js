/** The last minute of the live mode, drawn; new moments come in on the right. */

import { make } from "./dom.js";
import { differ } from "./moments.js";
import { Painter, prepare } from "./paint.js";

const SHOWN_S = 60;
const LONGEST_S = 1.5;
const LANES = [
  ["stack", "Probability", "Prob.", 112, 6],
  ["fused", "Together", "Both", 22, 4],
  ["audio", "Voice", "Voice", 16, 1],
  ["differ", "differ", "differ", 9, 1],
  ["video", "Face", "Face", 16, 8],
  ["speech", "Speech", "Speech", 7, 6],
  ["seen", "Face seen", "Seen", 7, 6],
];

export class Rolling {
  constructor(host, classes) {
    this.host = host;
    this.classes = classes;
    this.moments = [];
    this.canvas = make("canvas", { role: "img", "aria-label": "Probabilities of the last minute" });
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
    const height = LANES.reduce((sum, lane) => sum + lane[3] + lane[4], 0);
    const painter = new Painter(prepare(this.canvas, width, height), this.classes);
    let y = 0;
    for (const [key, name, short, tall, gap] of LANES) {
      painter.ground(gutter, width - gutter, y, tall);
      painter.name(width > 600 ? name : short, gutter, y, tall);
      this.lane(key, painter, { gutter, width, y, tall });
      y += tall + gap;
    }
  }

  lane(key, painter, { gutter, width, y, tall }) {
    const newest = this.moments.at(-1)?.time_s;
    const x = (time) => gutter + (width - gutter) * (1 - (newest - time) / SHOWN_S);
    this.moments.forEach((moment, place) => {
      const before = this.moments[place - 1]?.time_s ?? -Infinity;
      const start = x(Math.max(before, moment.time_s - LONGEST_S, newest - SHOWN_S));
      this.stroke(key, painter, [start, x(moment.time_s) - start, y, tall], moment);
    });
  }

  stroke(key, painter, place, moment) {
    if (key === "stack") painter.stack(...place, moment);
    else if (key === "fused") painter.label(...place, moment.emotion, "undecided");
    else if (key === "differ") differ(moment) && painter.disagreement(...place);
    else if (key === "speech") moment.speech >= 0.5 && painter.bar(...place, "audio");
    else if (key === "seen") moment.face && painter.bar(...place, "video");
    else painter.said(...place, moment, key);
  }
}
