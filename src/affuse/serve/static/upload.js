/** What this browser has given: the list, kept by the server, and the same in all tabs. */

import * as api from "./api.js";
import { Beside } from "./beside.js";
import { swatch } from "./colours.js";
import { announce, byId, make, tell } from "./dom.js";
import { Row } from "./row.js";
import { emotionName, t } from "./text.js";
import { bytes, percent } from "./words.js";

const VIEW = "recordings";
const LOOK_MS = 60_000;

/** What the options say, without those left empty. */
export function options(form) {
  const given = Object.fromEntries(Array.from(new FormData(form)).filter(([, value]) => value !== ""));
  if (given.threshold) given.threshold = String(Number(given.threshold) / 100);
  const { count = "0", ...others } = given;
  // People have a timeline each: there is no choice of faces besides.
  return others.people ? { ...others, people: count, faces: "largest" } : others;
}

/** View and job that an address names: #recordings/ID. */
export function named(hash) {
  const [view, id = null] = hash.slice(1).split("/");
  return { view: view || VIEW, id };
}

const sampleName = (meant) => t("sample.name", { meant: emotionName(meant) });

export class Board {
  /** The list of what was given; `player` shows the results. */
  constructor({ limits, classes, examples }, player) {
    Object.assign(this, { limits, classes, player, sending: Promise.resolve(), shown: null, rows: new Set(), removing: new Set() });
    this.beside = new Beside(classes, (row) => this.ask(row));
    byId("gallery").replaceChildren(...examples.map((meant) => make("li", {}, make("button", {
      type: "button", class: "small", "data-meant": meant, onclick: () => this.sample(meant) },
    swatch(meant, examples), emotionName(meant)))));
    this.others = new BroadcastChannel("affuse");
    this.others.onmessage = () => this.look();
    document.addEventListener("visibilitychange", () => this.look());
    window.addEventListener("beforeunload", (event) => [...this.rows].some((row) => row.unsent) && event.preventDefault());
    setInterval(() => this.stay(), LOOK_MS);
  }

  /** Files of the user; sent one after the other, judged as the server has room. */
  files(files) {
    const settings = options(byId("options"));
    for (const file of files) this.file(file, settings);
  }

  file(file, settings = options(byId("options"))) {
    const send = (signal, progress) => api.upload(file, settings, { signal, progress });
    const row = this.add(file.name || t("job.unnamed"), { source: URL.createObjectURL(file), send });
    const problem = this.problem(file);
    if (problem) row.fail(problem);
    else this.enqueue(row);
  }

  sample(meant) {
    const source = `/api/sample.mp4?meant=${meant}`;
    this.enqueue(this.add(sampleName(meant), { source, send: () => api.startSample(meant) }));
  }

  problem(file) {
    const { max_bytes: most } = this.limits;
    if (file.size === 0) return t("job.empty");
    if (file.size <= most) return "";
    return t("job.large", { size: bytes(file.size), most: bytes(most) });
  }

  add(name, how) {
    const row = new Row(name, how, this);
    this.rows.add(row);
    byId("jobs-part").hidden = false;
    byId("facts").hidden = true;
    byId("jobs").prepend(row.element);
    return row;
  }

  /** What can be done with several is there once there are some. */
  count() {
    const done = [...this.rows].filter((row) => row.job).length;
    byId("all-files").hidden = done < 1;
    byId("jobs").classList.toggle("several", done > 1);
  }

  /** Bodies go up one after the other; each row then follows its job by itself. */
  enqueue(row) {
    this.sending = this.sending.then(() => row.give());
    this.sending.then(() => row.watch());
  }

  /** The server has a row's recording: the other tabs are to list it, and this one only once. */
  accepted(row) {
    for (const twin of this.rows) if (twin !== row && twin.id === row.id) twin.leave();
    if (!row.gone) this.others.postMessage("given");
  }

  removed() {
    this.others.postMessage("removed");
  }

  /** List what the server has of this browser: after a reload, or when another tab has given or removed something. */
  async look() {
    if (document.visibilityState === "hidden") return;
    const sent = new Set([...this.rows].map((row) => row.id));
    const jobs = await api.jobs().catch(() => null);
    if (jobs === null) return;
    const there = new Map(jobs.map((job) => [job.id, job]));
    for (const row of this.rows) {
      if (row.id && sent.has(row.id) && !there.has(row.id)) row.look();
      else if (there.has(row.id)) row.again(there.get(row.id));
    }
    // What was removed here meanwhile is still in a list that was asked for before.
    const fresh = jobs.filter((job) => !this.row(job.id) && !this.removing.has(job.id));
    this.adopting = true;
    for (const job of fresh.toReversed()) this.adopt(job);
    this.adopting = false;
    const { id } = named(location.hash);
    const [first] = fresh.map((job) => this.row(job.id)).filter((row) => row?.job && (id === null || id === row.id));
    if (first) this.present(first);
  }

  adopt(job) {
    const row = this.add(job.meant ? sampleName(job.meant) : job.name, { id: job.id, source: `/api/jobs/${job.id}/recording` });
    if (!row.take(job)) row.watch();
  }

  /** Results stay as long as somebody looks at them. */
  async stay() {
    if (this.shown && document.visibilityState === "visible") await api.job(this.shown.id).catch(() => {});
    await this.look();
  }

  row(id) {
    return [...this.rows].find((row) => row.id === id);
  }

  finished(row) {
    this.count();
    if (this.adopting) return;
    announce(t("job.finished", { name: row.name }));
    this.present(row);
  }

  /** Show what is done, unless something is shown already or the address names another. */
  present(row) {
    const asked = named(location.hash);
    if (this.shown !== null || (asked.id !== null && asked.id !== row.id)) return;
    if (asked.view === VIEW) history.replaceState(null, "", `#${VIEW}/${row.id}`);
    this.show(row);
  }

  /** Somebody pressed Show: the address names it from then on, so that back and forward lead there. */
  ask(row) {
    const address = `#${VIEW}/${row.id}`;
    if (location.hash === address) this.show(row, true);
    else location.hash = address;
  }

  /** Show what the address names; without a job: nothing but the list. */
  open(id) {
    tell(byId("jobs-note"), "");
    const row = this.row(id);
    if (id === null) this.close();
    else if (!row) { this.close(); tell(byId("jobs-note"), t("job.gone")); }
    else if (row.job && row !== this.shown) this.show(row, true);
  }

  close() {
    this.shown?.element.classList.remove("chosen");
    if (this.shown) this.player.close(this.shown.id);
    this.shown = null;
    byId("to-recordings").href = `#${VIEW}`;
  }

  async show(row, go = false) {
    this.shown?.element.classList.remove("chosen");
    this.shown = row;
    row.element.classList.add("chosen");
    byId("to-recordings").href = `#${VIEW}/${row.id}`;
    try {
      if (!await this.player.show(row.id, row)) return;
      const { emotion, confidence } = this.player.prediction;
      announce(`${row.name}: ${emotion ? `${emotionName(emotion)}, ${percent(confidence)}` : t("undecided")}`);
      if (go) byId("result-title").focus();
    } catch (error) {
      if (this.shown === row) this.close();
      this.trouble(row, error);
    }
  }

  /** Something of a row cannot be got: it is gone, or may be there the next time. */
  trouble(row, error) {
    if (error.status === 404) row.leave();
    tell(byId("jobs-note"), error.status === 404 ? t("job.gone") : error.message);
  }

  dropped(row, lost = false) {
    const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
    const had = row.element.contains(document.activeElement);
    row.element.remove();
    this.rows.delete(row);
    this.beside.drop(row);
    this.count();
    if (row.source.startsWith("blob:")) URL.revokeObjectURL(row.source);
    if (this.shown === row) {
      this.close();
      if (lost) tell(byId("jobs-note"), t("job.gone"));
      if (named(location.hash).id === row.id) history.replaceState(null, "", `#${VIEW}`);
    }
    byId("jobs-part").hidden = !this.rows.size;
    if (had) (next?.querySelector("button") ?? byId("files")).focus({ preventScroll: true });
  }
}

/** Choosing, dropping anywhere on the view, and the sample. */
export function listen(board) {
  const input = byId("files");
  input.addEventListener("change", () => {
    board.files([...input.files]);
    input.value = "";
  });
  byId("sample").addEventListener("click", () => board.sample("disgust"));
  const view = document.documentElement;
  view.addEventListener("dragover", (event) => {
    event.preventDefault();
    view.classList.add("dragging");
  });
  view.addEventListener("dragleave", (event) => event.relatedTarget ?? view.classList.remove("dragging"));
  view.addEventListener("drop", (event) => {
    event.preventDefault();
    view.classList.remove("dragging");
    board.files([...event.dataTransfer.files]);
  });
}
