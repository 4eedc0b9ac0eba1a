/** The people of a recording: a lane each, with face, name, emotion and turns. */

import * as api from "./api.js";
import { swatch } from "./colours.js";
import { announce, byId, make, tell } from "./dom.js";
import { cuts, pieces } from "./moments.js";
import { Painter, prepare } from "./paint.js";
import { drawPortraits } from "./portraits.js";
import { t } from "./text.js";
import { clock, decimal, fusedWords, percent, saidBy } from "./words.js";

const NARROWEST = 3;
const PORTRAIT = 128;
/** What a lane holds, from top to bottom: [key, height]. */
const LANES = [["fused", 22], ["turns", 6], ["visible", 4]];
const GAP = 3;
const HEIGHT = LANES.reduce((sum, [, height]) => sum + height + GAP, -GAP);

export const titleOf = ({ number, name }) => name || t("people.person", { number });

const initial = ({ number, name }) => (name ? [...name][0].toUpperCase() : String(number));
const length = (stretches) => stretches.reduce((sum, [start, end]) => sum + end - start, 0);
const holds = (stretches, time) => stretches.some(([start, end]) => time >= start && time < end);

export class People {
  /** `hear(turn)` plays a stretch, `seek(time)` goes to a place, `choose(number)` shows a person's timeline, `named()` is told of a name. */
  constructor(calls) {
    Object.assign(this, { calls, people: [], rows: new Map(), time: 0, asked: Promise.resolve() });
    new ResizeObserver(() => this.draw()).observe(byId("people-list"));
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Show the people of an answer; faces stay where it is another answer of the same recording. */
  show(id, prediction, duration) {
    const { people = [], unattributed = [] } = prediction;
    const faces = id === this.id ? this.rows : new Map();
    Object.assign(this, { id, prediction, duration: Math.max(duration, 0.001), people });
    byId("people").hidden = !people.length;
    this.rows = new Map(people.map((person) => [person.number, this.row(person, faces.get(person.number)?.face)]));
    byId("people-list").replaceChildren(...[...this.rows.values()].map(({ element }) => element));
    tell(byId("people-unknown"), unattributed.length ? t("people.unattributed", { seconds: decimal(length(unattributed)) }) : "");
    tell(byId("people-error"), "");
    this.draw();
  }

  /** Take the faces out of the recording. */
  portraits(source) {
    const wanted = this.people.filter(({ portrait }) => portrait)
      .map(({ number, portrait }) => ({ canvas: this.rows.get(number).face, portrait }));
    if (wanted.length) drawPortraits(source, wanted);
  }

  row(person, face = make("canvas", { width: PORTRAIT, height: PORTRAIT, hidden: true })) {
    const { overall } = person;
    const letter = make("span", {}, initial(person));
    const input = make("input", { type: "text", maxlength: "80", autocomplete: "off", dir: "auto", value: person.name,
      placeholder: titleOf({ number: person.number }), "aria-label": t("people.name", { number: person.number }) });
    input.addEventListener("change", () => this.rename(person, input));
    const canvas = make("canvas", { role: "img", "aria-label": this.words(person) });
    const now = make("span", { class: "now" });
    const lane = make("div", { class: "lane", onclick: (event) => this.click(person, event, canvas) }, canvas, now);
    const hear = make("button", { type: "button", class: "small", onclick: () => this.hear(person) }, t("people.hear"));
    if (!person.turns.length) hear.hidden = true;
    const element = make("li", { class: "person" },
      make("span", { class: "portrait", "aria-hidden": "true" }, letter, face),
      make("div", { class: "who" }, input, make("p", { class: "hint" }, this.presence(person))),
      make("div", { class: "what" },
        make("p", {}, swatch(overall.emotion, this.prediction.classes), " ", fusedWords(overall)),
        make("p", { class: "hint" }, ["audio", "video"].map((key) =>
          `${t(`modality.${key}`)}: ${overall.probabilities[key] ? saidBy(overall, key) : t("said.nothing")}`).join(" · "))),
      hear, lane);
    return { element, face, letter, input, canvas, now, hear };
  }

  presence({ visible, turns }) {
    const seen = visible.length ? t("people.seen", { share: percent(Math.min(length(visible) / this.duration, 1)) }) : t("people.unseen");
    return `${seen} · ${turns.length ? t("people.speaks", { seconds: decimal(length(turns)) }) : t("people.silent")}`;
  }

  words(person) {
    return t("people.lane", { who: titleOf(person), count: person.turns.length, words: this.presence(person) });
  }

  /** Have the server keep a name, also in exports; the last one counts. */
  rename(person, { value }) {
    const { id } = this;
    this.asked = this.asked.then(() => this.named(id, person.number, value));
  }

  async named(id, renamed, value) {
    try {
      const named = await api.name(id, { [renamed]: value });
      if (this.id !== id || !this.person(renamed)) return;
      for (const { number, name } of named) this.take(number, name, number === renamed ? value : null);
      tell(byId("people-error"), "");
      announce(t("people.named", { number: renamed, who: titleOf(this.person(renamed)) }));
      this.calls.named();
    } catch (error) {
      if (this.id !== id || !this.person(renamed)) return;
      tell(byId("people-error"), error.message);
      this.take(renamed, this.person(renamed).name, value);
    }
  }

  person(number) {
    return this.people.find((one) => one.number === number);
  }

  /** What a person is called now; what somebody has typed since `asked` was sent stays. */
  take(number, name, asked) {
    const person = this.person(number);
    const { input, letter, canvas } = this.rows.get(number);
    if (input.value === person.name || input.value === asked) input.value = name;
    person.name = name;
    letter.textContent = initial(person);
    canvas.setAttribute("aria-label", this.words(person));
  }

  /** The turn that was clicked on, or is nearest. */
  click(person, event, canvas) {
    const { left, width } = canvas.getBoundingClientRect();
    const time = this.duration * Math.min(Math.max((event.clientX - left) / width, 0), 1);
    const away = ([start, end]) => Math.max(start - time, time - end, 0);
    const turn = person.turns.reduce((best, one) => (!best || away(one) < away(best) ? one : best), null);
    this.calls.choose(person.number);
    if (turn) this.play(person, turn);
    else this.calls.seek(time);
  }

  /** The turn after the present moment; after the last one the first. */
  hear(person) {
    this.play(person, person.turns.find(([start]) => start > this.time + 0.05) ?? person.turns[0]);
  }

  play(person, [start, end]) {
    announce(t("people.hearing", { who: titleOf(person), from: clock(start, true), to: clock(end, true) }));
    this.calls.hear(start, end);
  }

  /** Mark the moment, and who speaks. */
  follow(time) {
    this.time = time;
    for (const person of this.people) {
      const { element, now } = this.rows.get(person.number);
      element.classList.toggle("speaks", holds(person.turns, time));
      now.style.setProperty("--at", (time / this.duration).toFixed(4));
    }
  }

  draw() {
    for (const person of this.people) {
      const { canvas } = this.rows.get(person.number);
      const width = canvas.parentElement.clientWidth;
      if (width) this.lane(person, canvas, width);
    }
  }

  lane(person, canvas, width) {
    const painter = new Painter(prepare(canvas, width, HEIGHT), this.prediction.classes);
    const scale = width / this.duration;
    const own = cuts(this.prediction.segments.filter((one) => one.person === person.number));
    let y = 0;
    for (const [key, height] of LANES) {
      painter.ground(0, width, y, height);
      for (const [start, end] of person[key] ?? []) {
        painter.bar(start * scale, (end - start) * scale, y, height, key === "turns" ? "audio" : "video");
      }
      if (key === "fused") {
        for (const { start, end, segment } of pieces(own, 0, Infinity, NARROWEST / scale)) {
          painter.label(start * scale, (end - start) * scale, y, height, segment.emotion, t("undecided"));
        }
      }
      y += height + GAP;
    }
  }
}
