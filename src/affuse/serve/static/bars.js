/** The bars of one moment: what voice, face and both together make of each emotion. */

import { hatchedSwatch, swatch } from "./colours.js";
import { make } from "./dom.js";
import { differ, top } from "./moments.js";
import { emotionName, t } from "./text.js";
import { fusedWords } from "./words.js";

const COLUMNS = ["audio", "video", "fused"];

export class Bars {
  /** Into `host`, one row for each of `classes`. */
  constructor(host, classes) {
    this.classes = classes;
    this.title = make("b");
    this.words = make("span", { class: "hint" });
    this.cells = new Map();
    const head = make("tr", {}, make("th", { scope: "col" }, t("bars.emotion")), ...COLUMNS.map((key) =>
      make("th", { scope: "col" }, make("span", { class: `key ${key}`, "aria-hidden": "true" }), t(`modality.${key}`))));
    host.replaceChildren(make("table", { class: "bars" },
      make("caption", {}, this.title, this.words),
      make("thead", {}, head),
      make("tbody", {}, ...classes.map((emotion) => this.row(emotion)))));
  }

  row(emotion) {
    const cells = COLUMNS.map((key) => {
      const fill = make("span", { class: `fill ${key}` });
      const figure = make("span", { class: "figure" });
      const cell = make("td", {}, make("div", { class: "meter" }, make("span", { class: "track" }, fill), figure));
      this.cells.set(`${key} ${emotion}`, { cell, fill, figure });
      return cell;
    });
    return make("tr", {}, make("th", { scope: "row" }, swatch(emotion, this.classes), emotionName(emotion)), ...cells);
  }

  /** Show a moment (a segment, or what the live mode sends); null: nothing is known there. */
  show(title, moment) {
    this.title.textContent = title;
    this.words.textContent = this.wordsOf(moment);
    for (const key of COLUMNS) this.column(key, moment?.probabilities[key]);
  }

  wordsOf(moment) {
    if (!moment) return t("bars.nothing");
    return `${fusedWords(moment)}${differ(moment) ? ` · ${t("differ.long")}` : ""}`;
  }

  column(key, probabilities) {
    const best = top(probabilities)?.[0];
    for (const emotion of this.classes) {
      const { cell, fill, figure } = this.cells.get(`${key} ${emotion}`);
      const share = probabilities?.[emotion] ?? 0;
      cell.className = probabilities ? (emotion === best ? "best" : "") : "silent";
      fill.style.setProperty("--share", share.toFixed(3));
      figure.textContent = probabilities ? Math.round(100 * share) : "–";
    }
  }
}

/** Swatches with names, and the two marks that are not emotions. */
export function legend(host, classes) {
  const names = classes.map((emotion) => make("li", {}, swatch(emotion, classes), emotionName(emotion)));
  host.replaceChildren(...names, make("li", {}, swatch(null, classes), t("undecided")),
    make("li", {}, hatchedSwatch(), t("differ.long")));
}
