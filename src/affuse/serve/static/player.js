/** The result of a recording: in words, in pictures, in files. */

import * as api from "./api.js";
import { Bars, legend } from "./bars.js";
import { swatch } from "./colours.js";
import { Corrections } from "./correct.js";
import { byId, make, tell } from "./dom.js";
import { showExplanation } from "./explained.js";
import { cutAt, differ, tracks } from "./moments.js";
import { People, titleOf } from "./people.js";
import { capital, emotionName, formatName, known, phrase, t } from "./text.js";
import { Timeline } from "./timeline.js";
import { clock, fusedWords, percent, saidBy, setWords, span } from "./words.js";

const FAR_S = 1e7;
const SAME_S = 1e-3;
const MOST_ROWS = 200;
const VIDEO_MS = 400;

export class Player {
  constructor(formats) {
    this.formats = formats;
    this.video = byId("player");
    this.place = null;
    this.timeline = new Timeline(byId("timeline"), {
      seek: (time) => this.seek(time), toggle: () => this.toggle(), hover: (time) => this.hover(time), moved: () => this.moved(),
    });
    this.corrections = new Corrections(this.timeline, formats, {
      seek: (time) => this.seek(time), save: (...what) => this.save(...what) });
    this.people = new People({ hear: (from, to) => this.hear(from, to), seek: (time) => this.seek(time),
      choose: (number) => this.pick(number), named: () => this.whose() });
    byId("zoom-in").addEventListener("click", () => this.timeline.zoom(0.5));
    byId("zoom-out").addEventListener("click", () => this.timeline.zoom(2));
    byId("zoom-all").addEventListener("click", () => this.timeline.all());
    byId("along").addEventListener("input", (event) => this.timeline.scroll(Number(event.target.value)));
    byId("goes-by").addEventListener("change", (event) => this.goBy(event.target.value));
    this.video.addEventListener("timeupdate", () => this.follow());
    this.video.addEventListener("seeked", () => this.sought());
    this.video.addEventListener("play", () => this.run());
    this.video.addEventListener("error", () => this.unplayable());
    this.video.addEventListener("loadedmetadata", () => this.loaded());
    byId("face").addEventListener("change", (event) => this.choose(Number(event.target.value)));
  }

  /** Fetch what a job found, and show it; `source` is where its picture and sound come from. False where something else was wanted meanwhile. */
  async show(id, { name, source, job }) {
    const asked = this.asked = {};
    this.wanted = id;
    const [document_, overview] = await Promise.all([api.result(id), api.overview(id)]);
    if (this.asked !== asked) return false;
    const [prediction] = document_.predictions;
    Object.assign(this, { id, name, overview, meant: job?.meant });
    byId("result").hidden = false;
    this.choices(prediction);
    this.answer(prediction);
    this.bars = new Bars(byId("moment"), prediction.classes);
    legend(byId("legend"), prediction.classes);
    this.downloads();
    this.corrections.begin(id, this.tracks, prediction.classes, prediction.people?.length);
    this.faces();
    this.open(source);
    return true;
  }

  /** Show an answer: of voice and face, or of one of them alone. */
  answer(prediction) {
    Object.assign(this, { prediction, tracks: tracks(prediction) });
    this.verdict();
    this.people.show(this.id, prediction, this.overview.duration_s);
    showExplanation(prediction, this.overview.telling_face, (time) => this.seek(time));
  }

  /** One of voice and face can be left out where both have something to say. */
  choices({ probabilities }) {
    this.by = "";
    byId("goes-by").hidden = !(probabilities.audio && probabilities.video);
    byId("goes-by").querySelector("input").checked = true;
    tell(byId("download-note"), "");
  }

  async goBy(modality) {
    const { id } = this;
    this.by = modality;
    tell(byId("download-error"), "");
    try {
      const { predictions: [prediction] } = await api.result(id, modality);
      if (this.id !== id || this.by !== modality) return;
      this.answer(prediction);
      this.cuts = this.tracks.get(Number(byId("face").value)) ?? this.tracks.values().next().value ?? [];
      this.timeline.change(this.cuts);
      this.table();
      this.moment(this.timeline.time);
      tell(byId("download-note"), modality ? t("by.files") : "");
    } catch (error) {
      if (this.id === id && this.by === modality) tell(byId("download-error"), error.message);
    }
  }

  close(id) {
    if (this.wanted !== id) return;
    this.id = this.wanted = this.asked = null;
    byId("result").hidden = true;
    this.video.removeAttribute("src");
    this.video.load();
  }

  open(source) {
    this.mute = false;
    this.place = null;
    tell(byId("player-note"), "");
    this.video.hidden = false;
    this.video.parentElement.classList.toggle("sound", !this.overview.strip.length);
    this.video.src = source;
    // A place that was asked for in what has not been loaded would be that of the next.
    this.video.currentTime = 0;
    this.people.portraits(source);
  }

  unplayable() {
    if (!this.video.getAttribute("src")) return;
    this.mute = true;
    this.video.hidden = true;
    tell(byId("player-note"), t("player.unplayable"));
  }

  /** What MediaRecorder makes does not say how long it is: looking for its far end finds out. */
  loaded() {
    if (this.video.duration !== Infinity) return;
    this.place = this.video.currentTime;
    this.video.currentTime = FAR_S;
  }

  /** A place was found: the one asked for, or the far end, from where it goes to the place asked for meanwhile. */
  sought() {
    if (this.place === null) return this.follow();
    this.video.currentTime = this.place;
    this.place = null;
  }

  verdict() {
    const { emotion, confidence, classes, probabilities, abstained, abstained_message: why, notes, note_messages: coded } = this.prediction;
    const share = emotion ? [make("span", { class: "share" }, percent(confidence))] : [];
    byId("result-name").textContent = [this.name, span(this.overview.duration_s), ...this.presence()].join(" · ");
    byId("result-title").replaceChildren(swatch(emotion, classes, 40), emotion ? emotionName(emotion) : t("result.undecided"), " ", ...share);
    byId("result-said").replaceChildren(...["audio", "video"].map((key) =>
      make("span", {}, make("span", { class: `key ${key}`, "aria-hidden": "true" }), make("b", {}, `${t(`modality.${key}`)}: `),
        probabilities[key] ? saidBy(this.prediction, key) : t("said.nothing"))));
    if (this.meant) {
      byId("result-said").append(make("span", {}, make("b", {}, `${t("result.meant")}: `), emotionName(this.meant)));
    }
    const words = emotion ? this.words() : `${capital(phrase(abstained, why)) || t("result.nothing")}.`;
    byId("result-words").textContent = `${words}${setWords(this.prediction)}`;
    byId("result-notes").replaceChildren(...notes.map((note, place) =>
      make("li", known(coded?.[place]) ? {} : { lang: "en" }, capital(phrase(note, coded?.[place])))));
  }

  words() {
    const { segments } = this.prediction;
    const apart = segments.filter(differ).length;
    if (!segments.some((one) => one.probabilities.audio && one.probabilities.video)) {
      return t("result.one");
    }
    if (!apart) return t("result.same");
    return segments.length === 1
      ? t("result.apart")
      : t("result.apart.some", { apart, all: segments.length });
  }

  presence() {
    const { speech, face_seen: seen } = this.prediction;
    return [speech === null ? t("result.nosound") : t("result.speech", { share: percent(speech) }),
      seen === null ? t("result.nopicture") : t("result.face", { share: percent(seen) })];
  }

  downloads() {
    tell(byId("download-error"), "");
    const fitting = this.formats.filter(({ name }) => name !== "video" || this.overview.strip.length);
    byId("downloads").replaceChildren(...fitting.map((format) => {
      const button = make("button", { type: "button", "data-format": format.name,
        onclick: () => this.save(format, button) }, formatName(format));
      return make("li", {}, button);
    }));
  }

  async save(format, button, corrected = false) {
    const { id } = this;
    tell(byId("download-error"), "");
    button.disabled = true;
    button.textContent = t("files.making", { label: formatName(format) });
    const ended = format.name === "video" ? this.progress(format, button) : () => {};
    try {
      const { blob, name } = await api.download(id, format.name, corrected);
      const address = URL.createObjectURL(blob);
      make("a", { href: address, download: name ?? `prediction${format.suffix}` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      if (this.id === id) tell(byId("download-error"), error.message);
    }
    ended();
    button.textContent = formatName(format);
    button.disabled = false;
    // Who has gone on to something else meanwhile stays there.
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
  }

  /** While a video is made, say how far it is; gives what ends that. */
  progress(format, button) {
    const { id } = this;
    const asking = setInterval(async () => {
      const { video } = await api.job(id).catch(() => ({}));
      if (button.disabled && video) button.textContent = t("files.share", { label: formatName(format), share: percent(video) });
    }, VIDEO_MS);
    return () => clearInterval(asking);
  }

  faces() {
    const numbers = [...this.tracks.keys()];
    byId("face-choice").hidden = numbers.length < 2;
    byId("face").replaceChildren(...numbers.map((number) => make("option", { value: number })));
    this.whose();
    const first = numbers.find((number) => number > 0) ?? numbers[0] ?? 0;
    byId("face").value = first;
    this.choose(first);
  }

  /** What the timelines are called. */
  whose() {
    const { people = [] } = this.prediction;
    byId("face-choice").firstElementChild.textContent = t(people.length > 1 ? "timeline.person" : "timeline.face");
    for (const option of byId("face").options) {
      const number = Number(option.value);
      const person = people.length > 1 && people.find((one) => one.number === number);
      option.textContent = person ? titleOf(person) : number || t("timeline.noface");
    }
  }

  /** Show the timeline of a person, if there are several. */
  pick(number) {
    if (!this.tracks.has(number) || Number(byId("face").value) === number) return;
    byId("face").value = number;
    this.choose(number);
  }

  choose(face) {
    this.cuts = this.tracks.get(face) ?? [];
    this.timeline.set(this.cuts, this.overview, this.prediction.classes);
    this.corrections.choose(face);
    this.moment(0);
  }

  /** Another part of the recording is shown. */
  moved() {
    const { shown } = this.timeline;
    byId("along-part").hidden = shown.whole;
    byId("zoom-out").disabled = byId("zoom-all").disabled = shown.whole;
    const along = byId("along");
    along.max = shown.duration - shown.length;
    along.value = shown.from;
    along.setAttribute("aria-valuetext", t("zoom.part", { from: clock(shown.from, true), to: clock(shown.to, true) }));
    this.table();
  }

  /** Of the part that is shown; a table of thousands of rows would make the page slow. */
  table() {
    const { from, to } = this.timeline.shown;
    const all = this.cuts.filter((cut) => cut.end > from && cut.start < to);
    tell(byId("cuts-more"), all.length > MOST_ROWS ? t("table.more", { shown: MOST_ROWS, all: all.length }) : "");
    const head = ["table.from", "table.to", "modality.fused", "modality.audio", "modality.video"]
      .map((key) => make("th", { scope: "col" }, t(key)));
    const rows = all.slice(0, MOST_ROWS).map(({ start, end, segment }) => make("tr", {},
      make("td", {}, make("button", { type: "button", class: "small", onclick: () => this.seek(start) }, clock(start, true))),
      ...[clock(end, true), fusedWords(segment), saidBy(segment, "audio"),
        saidBy(segment, "video") + (differ(segment) ? ` ${t("table.differs")}` : "")].map((text) => make("td", {}, text))));
    byId("cuts").replaceChildren(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  }

  /** Play a stretch, and stop at its end. */
  async hear(from, to) {
    this.seek(from);
    if (this.mute) return;
    this.until = to;
    await this.play();
  }

  seek(time) {
    this.until = null;
    this.people.follow(time);
    if (this.place !== null) this.place = time;
    else if (!this.mute) this.video.currentTime = time;
    this.timeline.setTime(time);
    this.moment(time);
  }

  async toggle() {
    if (this.mute) return;
    if (!this.video.paused) this.video.pause();
    else await this.play();
  }

  /** What is paused before it has begun, or gives way to another recording, could have been played. */
  play() {
    return this.video.play().catch((error) => error.name === "NotSupportedError" && this.unplayable());
  }

  /** While it plays the mark moves with every picture, not only at the browser's rare reports. */
  run() {
    this.follow();
    if (!this.video.paused) requestAnimationFrame(() => this.run());
  }

  /** Where nothing has moved, a late report leaves the part that somebody scrolled to. */
  follow() {
    if (this.id === null || !this.timeline.found || this.place !== null) return;
    const { currentTime, paused } = this.video;
    const over = this.until && currentTime >= this.until;
    const time = over ? this.until : currentTime;
    if (paused && Math.abs(time - this.timeline.time) < SAME_S) return;
    if (over) {
      this.until = null;
      this.video.pause();
      this.video.currentTime = time;
    }
    this.people.follow(time);
    this.timeline.setTime(time, !this.video.paused);
    if (this.timeline.pointed === null) this.moment(time);
  }

  hover(time) {
    this.moment(time ?? this.timeline.time);
  }

  moment(time) {
    this.bars.show(t("moment.at", { time: clock(time, true) }), cutAt(this.cuts, time)?.segment);
  }
}
