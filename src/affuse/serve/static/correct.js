/** Corrections by hand: a lane of the timeline, and fields that do the same by keyboard. */

import * as api from "./api.js";
import { announce, byId, make, tell } from "./dom.js";
import * as stretches from "./stretches.js";
import { emotionName, formatName, t } from "./text.js";
import { clock } from "./words.js";

const PAUSE_MS = 300;

export class Corrections {
  /** `seek(time)` goes to a place; `save(format, button, corrected)` gives a file. */
  constructor(timeline, formats, { seek, save }) {
    Object.assign(this, { timeline, seek, id: null, lanes: new Map(), face: null, list: [], before: [], place: 0, changes: 0, saved: 0, asked: Promise.resolve() });
    this.others = new BroadcastChannel("affuse-corrections");
    this.others.onmessage = ({ data }) => data === this.id && !this.unsaved && !this.held && this.fetch();
    window.addEventListener("pagehide", () => this.unsaved && this.send(true));
    timeline.edits = { pick: (time) => this.pick(time), drag: (edge, time) => this.drag(edge, time), drop: () => this.drop() };
    byId("correct-open").addEventListener("click", () => (timeline.own ? this.hide() : this.open()));
    byId("correct-emotion").addEventListener("change", ({ target }) =>
      this.change(stretches.named(this.list, this.place, target.value || null)));
    for (const [id, edge] of [["correct-from", "start_s"], ["correct-to", "end_s"]]) {
      byId(id).addEventListener("change", ({ target }) => (target.value === "" ? this.show() : this.move(edge, Number(target.value))));
    }
    byId("correct-previous").addEventListener("click", () => this.go(this.place - 1));
    byId("correct-next").addEventListener("click", () => this.go(this.place + 1));
    byId("correct-split").addEventListener("click", () => this.change(stretches.split(this.list, this.place, timeline.time), true));
    byId("correct-join").addEventListener("click", () => this.change(stretches.joined(this.list, this.place)));
    byId("correct-undo").addEventListener("click", () => this.undo());
    byId("correct-forget").addEventListener("click", () => this.forget());
    byId("correct-files").replaceChildren(...formats.filter(({ annotators }) => annotators).map((format) => {
      const button = make("button", { type: "button", class: "small", "data-corrected": format.name }, formatName(format));
      button.addEventListener("click", async () => { await this.send(); save(format, button, true); });
      return make("li", {}, button);
    }));
  }

  /** Another result is shown; nothing is corrected before what the server has of it is there. */
  begin(id, tracks, classes, people) {
    if (this.waiting) this.send();
    Object.assign(this, { id, tracks, face: null, list: [], held: null, saved: this.changes, lane: people > 1 ? "person" : "face" });
    this.lay();
    byId("correct-emotion").replaceChildren(...["", ...classes].map((name) =>
      make("option", { value: name }, name ? emotionName(name) : t("undecided"))));
    this.hide();
    byId("correct-open").disabled = true;
    this.fetch().then(() => { if (this.id === id) byId("correct-open").disabled = false; });
  }

  /** Each timeline as the recogniser made it. */
  lay() {
    this.lanes = new Map([...this.tracks].map(([face, cuts]) =>
      [face, { list: stretches.stretchesOf(cuts, { face: 0, person: 0, [this.lane]: face }), before: [], place: 0 }]));
  }

  /** What the server has of a person, from here or another tab; an answer from before a change is too late. */
  async fetch() {
    const { id, changes } = this;
    await this.asked;
    const kept = await api.corrections(id).catch(() => null);
    if (!kept || this.id !== id || this.changes !== changes || this.held) return;
    if (!kept.length && !this.timeline.own) return;
    this.lay();
    if (kept.length) this.lanes.forEach((lane, face) => { lane.list = kept.filter((one) => one[this.lane] === face); });
    Object.assign(this, this.lanes.get(this.face));
    if (this.list?.length) this.open();
  }

  /** The timeline of another face or person is shown; each has its own undo. */
  choose(face) {
    this.keep();
    Object.assign(this, { face, ...this.lanes.get(face) });
    byId("correct-open").hidden = !this.list.length;
    if (!this.list.length) this.hide();
    else if (!byId("correct").hidden) this.open();
  }

  keep() {
    const { list, before, place } = this;
    if (this.lanes.has(this.face)) this.lanes.set(this.face, { list, before, place });
  }

  get all() {
    this.keep();
    return [...this.lanes.values()].flatMap(({ list }) => list);
  }

  open() {
    byId("correct").hidden = false;
    byId("correct-open").setAttribute("aria-expanded", "true");
    this.place = Math.max(stretches.placeAt(this.list, this.timeline.time), 0);
    this.show();
  }

  hide() {
    byId("correct").hidden = true;
    byId("correct-open").setAttribute("aria-expanded", "false");
    tell(byId("correct-error"), "");
    this.timeline.setOwn(null);
  }

  show() {
    const own = this.list[this.place];
    byId("correct-emotion").value = own.emotion ?? "";
    for (const [id, edge] of [["correct-from", "start_s"], ["correct-to", "end_s"]]) {
      byId(id).value = own[edge].toFixed(2);
      byId(id).max = this.timeline.duration.toFixed(2);
    }
    this.label();
  }

  /** Whose the stretch is, and what can be done with it; what somebody is typing stays. */
  label() {
    const own = this.list[this.place];
    byId("correct-which").textContent = t("correct.which", { place: this.place + 1, all: this.list.length,
      from: clock(own.start_s, true), to: clock(own.end_s, true), whose: t(`correct.${own.annotator}`) });
    byId("correct-previous").disabled = this.place === 0;
    byId("correct-next").disabled = byId("correct-join").disabled = this.place === this.list.length - 1;
    byId("correct-undo").disabled = !this.before.length;
    byId("correct-forget").disabled = !this.before.length && this.all.every((one) => one.annotator === "recogniser");
    this.timeline.setOwn(this.list, this.place);
  }

  go(place) {
    this.place = Math.min(Math.max(place, 0), this.list.length - 1);
    this.seek(this.list[this.place].start_s);
    this.show();
    announce(byId("correct-which").textContent);
  }

  pick(time) {
    const place = stretches.placeAt(this.list, time);
    if (place >= 0) this.place = place;
    this.show();
  }

  /** One undo brings back what was before the whole drag. */
  drag([place, edge], time) {
    if (!this.timeline.own) return;
    this.held ??= this.list;
    this.list = stretches.moved(this.list, place, edge, time, this.timeline.duration);
    this.place = place;
    this.show();
  }

  drop() {
    const { held, list } = this;
    this.held = null;
    if (!held || held === list) return;
    this.list = held;
    this.change(list);
  }

  move(edge, time) {
    this.change(stretches.moved(this.list, this.place, edge, time, this.timeline.duration));
    this.show();
  }

  change(list, next = false) {
    if (list === this.list) return;
    this.before.push(this.list);
    this.take(list, this.place + Number(next));
  }

  undo() {
    if (this.before.length) this.take(this.before.pop(), this.place);
  }

  /** Whether the server has not answered that it has all changes. */
  get unsaved() {
    return this.changes !== this.saved;
  }

  take(list, place) {
    this.changes += 1;
    this.list = list;
    this.place = Math.min(place, list.length - 1);
    this.show();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.send(), PAUSE_MS);
  }

  settle() {
    clearTimeout(this.waiting);
    this.waiting = null;
  }

  /** What is asked last is what the server has in the end. A page that goes cannot wait. */
  ask(what, now = false) {
    this.asked = (now ? Promise.resolve() : this.asked).then(what).then(() => tell(byId("correct-error"), ""),
      (error) => tell(byId("correct-error"), error.message));
    return this.asked;
  }

  /** Have the server keep it; it says whose each stretch is. */
  send(now = false) {
    this.settle();
    const { id, list, face, all, changes } = this;
    return this.ask(async () => {
      const kept = await api.correct(id, all.map(({ annotator, ...one }) => one));
      this.others.postMessage(id);
      if (this.id !== id) return;
      this.saved = Math.max(this.saved, changes);
      if (this.list !== list) return;
      this.list = kept.filter((one) => one[this.lane] === face);
      if (!byId("correct").hidden) this.label();
    }, now);
  }

  forget() {
    this.settle();
    this.saved = this.changes += 1;
    const { id } = this;
    this.lay();
    Object.assign(this, { ...this.lanes.get(this.face), place: Math.min(this.place, this.lanes.get(this.face).list.length - 1) });
    this.show();
    return this.ask(async () => { await api.forgetCorrections(id); this.others.postMessage(id); });
  }
}
