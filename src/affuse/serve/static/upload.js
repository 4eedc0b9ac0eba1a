/** Recordings on their way: given, sent, waiting, judged. One row of the list for each. */

import * as api from "./api.js";
import { announce, byId, make } from "./dom.js";
import { bytes, percent, span } from "./words.js";

const QUICK_MS = 250;
const SLOW_MS = 1500;
const FULL_MS = 2000;

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** What the options say, without those left empty. */
export function options(form) {
  const given = Object.fromEntries(Array.from(new FormData(form)).filter(([, value]) => value !== ""));
  if (given.threshold) given.threshold = String(Number(given.threshold) / 100);
  return given;
}

class Row {
  /** `send(signal, progress)` gives the job; `source` is what the player plays. */
  constructor(name, source, send, board) {
    Object.assign(this, { name, source, send, board, id: null, gone: false, aborter: new AbortController() });
    this.state = make("span", { class: "job-state" }, "waiting to be sent");
    this.bar = make("progress", { max: 1, value: 0, "aria-label": `Progress of ${name}` });
    this.buttons = make("span", { class: "row" });
    this.element = make("li", { class: "job" }, make("span", { class: "job-name", title: name }, name),
      this.state, this.buttons, this.bar);
    this.offer(["Cancel", () => this.discard()]);
  }

  offer(...pairs) {
    const had = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(...pairs.map(([label, act]) => make("button", {
      type: "button", class: "small", "aria-label": `${label} ${this.name}`, onclick: act }, label)));
    if (had) this.buttons.firstElementChild.focus({ preventScroll: true });
  }

  say(words, share) {
    this.state.textContent = words;
    if (share !== undefined) this.bar.value = share;
  }

  /** Send it; where the server's queue is full, wait for a place. Never throws, like `watch`. */
  async give() {
    while (!this.gone && this.id === null) {
      this.say("sending", 0);
      try {
        const job = await this.send(this.aborter.signal, (share) => this.say(`sending, ${percent(share)}`, 0.1 * share));
        this.id = job.id;
      } catch (error) {
        if (error.status !== 429) { this.failed(error); return; }
        this.say("the server is busy; waiting for a free place");
        await pause(FULL_MS);
      }
    }
    if (this.gone && this.id) await api.remove(this.id).catch(() => {});
  }

  async watch() {
    try {
      if (this.id && !this.gone) await this.follow();
    } catch (error) {
      this.failed(error);
    }
  }

  failed(error) {
    if (!this.gone) this.fail(error.message);
  }

  async follow() {
    announce(`${this.name} is being analysed`);
    for (let wait = QUICK_MS; !this.gone; wait = Math.min(wait * 1.2, SLOW_MS)) {
      const job = await api.job(this.id);
      if (this.gone) return;
      if (job.state === "done") { this.finish(job); return; }
      if (job.state === "failed" || job.state === "cancelled") { this.fail(job.error ?? "It was cancelled."); return; }
      this.report(job);
      await pause(wait);
    }
  }

  report(job) {
    const words = job.state === "queued"
      ? `waiting${job.position ? `, place ${job.position} in the queue` : ""}`
      : `looking and listening, ${percent(job.progress)}`;
    this.say(words, 0.1 + 0.9 * job.progress);
    this.quarter(job);
  }

  /** Screen readers hear every quarter, not every step. */
  quarter(job) {
    const quarter = Math.floor(4 * job.progress);
    if (quarter > (this.heard ?? 0)) announce(`${this.name}: ${25 * quarter} %`);
    this.heard = quarter;
  }

  finish(job) {
    this.bar.hidden = true;
    const kept = job.expires_in_s ? `, kept for ${span(60 * Math.ceil(job.expires_in_s / 60))}` : "";
    this.say(`done${kept}`);
    this.offer(["Show", () => this.board.show(this, true)], ["Remove", () => this.discard()]);
    this.board.finished(this);
  }

  fail(words) {
    this.bar.hidden = true;
    this.element.classList.add("failed");
    this.say(words);
    this.offer(["Remove", () => this.discard()]);
    announce(`${this.name}: ${words}`);
  }

  /** Cancel or remove: from the list, from the server, and from this browser's memory. */
  async discard() {
    this.gone = true;
    this.aborter.abort();
    this.board.dropped(this);
    if (this.id) await api.remove(this.id).catch((error) => announce(error.message));
  }
}

export class Board {
  /** The list of what was given; `player` shows the results. */
  constructor(limits, player) {
    Object.assign(this, { limits, player, sending: Promise.resolve(), shown: null });
    byId("limits").textContent = `Up to ${bytes(limits.max_bytes)} and ${span(limits.max_duration_s)} each. Nobody but this server gets them.`;
  }

  /** Files of the user; sent one after the other, judged as the server has room. */
  files(files) {
    const settings = options(byId("options"));
    for (const file of files) this.file(file, settings);
  }

  file(file, settings = options(byId("options"))) {
    const send = (signal, progress) => api.upload(file, settings, { signal, progress });
    const row = this.add(file.name || "recording", URL.createObjectURL(file), send);
    const problem = this.problem(file);
    if (problem) row.fail(problem);
    else this.enqueue(row);
  }

  sample() {
    this.enqueue(this.add("The sample", "/api/sample.mp4", () => api.startSample()));
  }

  problem(file) {
    const { max_bytes: most } = this.limits;
    if (file.size === 0) return "The file is empty: choose a recording with sound or picture in it.";
    if (file.size <= most) return "";
    return `The file has ${bytes(file.size)}, but at most ${bytes(most)} are taken: choose a shorter recording, or start the server with a larger --max-size.`;
  }

  add(name, source, send) {
    const row = new Row(name, source, send, this);
    byId("jobs-part").hidden = false;
    byId("facts").hidden = true;
    byId("jobs").prepend(row.element);
    return row;
  }

  /** Bodies go up one after the other; each row then follows its job by itself. */
  enqueue(row) {
    this.sending = this.sending.then(() => row.give());
    this.sending.then(() => row.watch());
  }

  finished(row) {
    announce(`${row.name} is done`);
    if (this.shown === null) this.show(row);
  }

  async show(row, go = false) {
    this.shown?.element.classList.remove("chosen");
    this.shown = row;
    row.element.classList.add("chosen");
    try {
      await this.player.show(row.id, row.name, row.source);
      const { emotion, confidence } = this.player.prediction;
      announce(`${row.name}: ${emotion ? `${emotion}, ${percent(confidence)}` : "undecided"}`);
      if (go) byId("result-title").focus();
    } catch (error) {
      row.fail(error.message);
    }
  }

  dropped(row) {
    const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
    row.element.remove();
    if (row.source.startsWith("blob:")) URL.revokeObjectURL(row.source);
    this.player.close(row.id);
    if (this.shown === row) this.shown = null;
    byId("jobs-part").hidden = !byId("jobs").children.length;
    (next?.querySelector("button") ?? byId("files")).focus({ preventScroll: true });
  }
}

/** Choosing, dropping anywhere on the view, and the sample. */
export function listen(board) {
  const input = byId("files");
  input.addEventListener("change", () => {
    board.files([...input.files]);
    input.value = "";
  });
  byId("sample").addEventListener("click", () => board.sample());
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
