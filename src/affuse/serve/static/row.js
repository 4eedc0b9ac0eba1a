/** One recording of the list: given, sent, waiting, judged, there. */

import * as api from "./api.js";
import { swatch } from "./colours.js";
import { announce, make } from "./dom.js";
import { emotionName, phrase, t } from "./text.js";
import { percent, span } from "./words.js";

const QUICK_MS = 250;
const SLOW_MS = 1500;
const FULL_MS = 2000;

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

export class Row {
  /** `send(signal, progress)` gives the job, and is not there where the server has it already; `source` is what the player plays. */
  constructor(name, { source, send, id = null }, board) {
    Object.assign(this, { name, source, send, board, id, gone: false, job: null, aborter: new AbortController() });
    this.state = make("span", { class: "job-state" }, t("job.unsent"));
    this.bar = make("progress", { max: 1, value: 0, "aria-label": t("job.progress", { name }) });
    this.buttons = make("span", { class: "row" });
    this.element = make("li", { class: "job" }, make("span", { class: "job-name", title: name, dir: "auto" }, name),
      this.state, this.buttons, this.bar);
    this.offer([t("job.cancel"), () => this.discard()]);
  }

  offer(...pairs) {
    const had = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(...pairs.map(([action, act]) => make("button", {
      type: "button", class: "small", "aria-label": t("job.label", { action, name: this.name }), onclick: act }, action)));
    if (had) this.buttons.firstElementChild.focus({ preventScroll: true });
  }

  say(words, share) {
    this.state.replaceChildren(words);
    if (share !== undefined) this.bar.value = share;
  }

  /** Send it; where the server's queue is full, wait for a place. Never throws, like `watch`. */
  async give() {
    while (!this.gone && this.id === null) {
      this.say(t("job.sending"), 0);
      try {
        const job = await this.send(this.aborter.signal, (share) => this.say(t("job.sent", { share: percent(share) }), 0.1 * share));
        this.id = job.id;
        if (this.gone) this.board.removing.add(this.id);
        this.board.accepted(this);
      } catch (error) {
        if (error.status !== 429) { this.failed(error); return; }
        this.say(t("job.busy"));
        await pause(FULL_MS);
      }
    }
    if (this.gone && this.id) await api.remove(this.id).catch(() => {});
  }

  /** Whether it would be lost if the page went now. */
  get unsent() {
    return this.id === null && !this.gone && !this.element.classList.contains("failed");
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
    announce(t("job.analysed", { name: this.name }));
    for (let wait = QUICK_MS; !this.gone; wait = Math.min(wait * 1.2, SLOW_MS)) {
      const job = await this.asked();
      if (this.gone) return;
      if (job && this.take(job)) return;
      await pause(wait);
    }
  }

  /** How far the server is; null where it does not answer just now. */
  async asked() {
    try {
      return await api.job(this.id);
    } catch (error) {
      if (error.status) throw error;
      this.say(error.message);
      return null;
    }
  }

  /** The list does not name it: it is gone, or this browser keeps no cookies and is listed nothing. */
  async look() {
    try {
      const job = await api.job(this.id);
      this.again(job);
    } catch (error) {
      if (error.status === 404 && !this.gone) this.leave(true);
    }
  }

  /** Show how far the server is; true where there is nothing more to wait for. */
  take(job) {
    if (job.state === "done") this.finish(job);
    else if (job.state === "failed" || job.state === "cancelled") this.fail(job.error ? phrase(job.error, job.error_message) : t("job.cancelled"));
    else this.report(job);
    return job.state !== "queued" && job.state !== "running";
  }

  report(job) {
    const place = job.position ? t("job.place", { place: job.position }) : t("job.waiting");
    this.say(job.state === "queued" ? place : t("job.running", { share: percent(job.progress) }), 0.1 + 0.9 * job.progress);
    this.quarter(job);
  }

  /** Screen readers hear every quarter, not every step. */
  quarter(job) {
    const quarter = Math.floor(4 * job.progress);
    if (quarter > (this.reached ?? 0)) announce(t("job.quarter", { name: this.name, share: 25 * quarter }));
    this.reached = quarter;
  }

  finish(job) {
    const first = this.job === null;
    this.describe(job);
    if (!first) return;
    this.offer([t("job.show"), () => this.board.ask(this)], [t("job.remove"), () => this.discard()]);
    this.buttons.prepend(this.besideButton());
    this.board.finished(this);
  }

  /** For how long it stays now; an answer from before it ended says nothing of that. */
  again(job) {
    if (this.job && job.state === "done") this.describe(job);
  }

  /** What came out, and for how long it stays. */
  describe(job) {
    this.job = job;
    this.bar.hidden = true;
    const { emotion, confidence, meant, expires_in_s: left } = job;
    const found = make("b", {}, emotion ? `${emotionName(emotion)}, ${percent(confidence)}` : t("undecided"));
    const kept = left ? `, ${t("job.kept", { span: span(60 * Math.ceil(left / 60)) })}` : "";
    const asked = meant ? ` · ${t("job.meant", { emotion: emotionName(meant) })}` : "";
    this.state.replaceChildren(swatch(emotion, this.board.classes), " ", found, `${asked} · ${t("job.done")}${kept}`);
  }

  besideButton() {
    const button = make("button", { type: "button", class: "small beside-button", "aria-pressed": "false",
      "aria-label": t("job.label", { action: t("job.beside"), name: this.name }) }, t("job.beside"));
    button.addEventListener("click", async () => {
      const chosen = await this.board.beside.toggle(this).catch((error) => this.board.trouble(this, error));
      button.setAttribute("aria-pressed", String(Boolean(chosen)));
    });
    return button;
  }

  fail(words) {
    this.bar.hidden = true;
    this.element.classList.add("failed");
    this.say(words);
    this.offer([t("job.remove"), () => this.discard()]);
    announce(`${this.name}: ${words}`);
  }

  /** Cancel or remove: from the list, from the server, and from this browser's memory. */
  async discard() {
    this.leave();
    this.board.removing.add(this.id);
    if (this.id) {
      await api.remove(this.id).catch((error) => {
        this.board.removing.delete(this.id);
        announce(error.message);
      });
    }
    this.board.removed();
  }

  /** It is not there any more, whoever has removed it; `lost`: not here, and not by somebody at this page. */
  leave(lost = false) {
    this.gone = true;
    this.aborter.abort();
    this.board.dropped(this, lost);
  }
}
