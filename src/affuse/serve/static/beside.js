/** Several results side by side, on one scale of time. */

import * as api from "./api.js";
import { swatch } from "./colours.js";
import { byId, make } from "./dom.js";
import { cuts, differ, pieces, top, tracks } from "./moments.js";
import { Painter, prepare } from "./paint.js";
import { emotionName, t } from "./text.js";
import { clock, fusedWords, saidBy } from "./words.js";

const MOST = 4;
const NARROWEST = 3;
const LANES = [["fused", 22, 3], ["audio", 16, 1], ["differ", 10, 1], ["video", 16, 2]];
const HEIGHT = LANES.reduce((sum, [, height, gap]) => sum + height + gap, 0);

export class Beside {
  /** `show(row)` leads to one of them. */
  constructor(classes, show) {
    Object.assign(this, { classes, show, chosen: new Map() });
    new ResizeObserver(() => this.draw()).observe(byId("beside-cards"));
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Add a row, or take it out; true where it is among them now. */
  async toggle(row) {
    if (this.chosen.has(row)) return this.drop(row);
    const { predictions: [prediction] } = await api.result(row.id);
    if (row.gone || this.chosen.has(row)) return !row.gone;
    if (this.chosen.size >= MOST) this.release(this.chosen.keys().next().value);
    const card = this.card(row, prediction);
    this.chosen.set(row, { prediction, ...card });
    this.arrange();
    return true;
  }

  /** The first one gives its place. */
  release(row) {
    row.buttons.querySelector(".beside-button")?.setAttribute("aria-pressed", "false");
    this.drop(row);
  }

  drop(row) {
    if (this.chosen.delete(row)) this.arrange();
    return false;
  }

  arrange() {
    byId("beside").hidden = !this.chosen.size;
    byId("beside-cards").replaceChildren(...[...this.chosen.values()].map(({ element }) => element));
    this.draw();
  }

  card(row, prediction) {
    const { emotion, probabilities, segments, duration_s: duration } = prediction;
    const canvas = make("canvas", { role: "img", "aria-label": t("beside.timeline", {
      apart: segments.filter(differ).length, all: segments.length }) });
    const said = ["audio", "video"].map((key) => make("li", {}, make("span", { class: `key ${key}`, "aria-hidden": "true" }),
      `${t(`modality.${key}`)}: ${probabilities[key] ? saidBy(prediction, key) : t("said.nothing")}`));
    const meant = row.job?.meant ? [make("li", {}, `${t("result.meant")}: ${emotionName(row.job.meant)}`)] : [];
    const element = make("li", { class: "card" },
      make("h3", {}, row.name), make("p", { class: "beside-word" }, swatch(emotion, prediction.classes), " ", fusedWords(prediction)),
      make("ul", { class: "hint" }, ...said, ...meant), canvas,
      make("p", { class: "row hint" }, clock(duration, true), make("button", { type: "button", class: "small",
        "aria-label": t("job.label", { action: t("job.show"), name: row.name }), onclick: () => this.show(row) }, t("job.show"))));
    return { element, canvas };
  }

  /** The longest one fills its card: a second is as wide in each. */
  draw() {
    const longest = Math.max(...[...this.chosen.values()].map(({ prediction }) => prediction.duration_s), 0.001);
    for (const { prediction, canvas } of this.chosen.values()) {
      const width = canvas.parentElement?.clientWidth - 2 * parseFloat(getComputedStyle(canvas.parentElement).paddingLeft);
      if (width > 0) this.lanes(prediction, canvas, width, width / longest);
    }
  }

  lanes(prediction, canvas, width, scale) {
    const painter = new Painter(prepare(canvas, width, HEIGHT), prediction.classes, 0);
    const [first] = tracks(prediction).values();
    for (const piece of pieces(first ?? cuts([]), 0, Infinity, NARROWEST / scale)) {
      let y = 0;
      for (const [key, height, gap] of LANES) {
        stroke(painter, key, piece, [piece.start * scale, (piece.end - piece.start) * scale, y, height]);
        y += height + gap;
      }
    }
  }
}

function stroke(painter, key, { segment, apart }, [x, width, y, height]) {
  if (key === "fused") painter.label(x, width, y, height, segment.emotion, t("undecided"));
  else if (key === "differ") painter.disagreement(x, width, y + height * (1 - apart), height * apart);
  else painter.label(x, width, y, height, top(segment.probabilities[key])?.[0]);
}
