/** Recording from camera and microphone; the result is a file like any other. */

import * as devices from "./devices.js";
import { announce, byId, tell } from "./dom.js";
import { t } from "./text.js";
import { clock, span } from "./words.js";

const TYPES = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
const SOUND_TYPES = ["audio/webm;codecs=opus", "audio/mp4"];
const CLOCK_MS = 200;

export class Recorder {
  /** `done(file)` takes what was recorded; it ends by itself after `longest` seconds. */
  constructor(longest, done) {
    Object.assign(this, { longest, done, count: 0 });
    this.panel = byId("recorder");
    this.button = byId("record-toggle");
    byId("record-open").addEventListener("click", () => (this.panel.hidden ? this.open() : this.close()));
    byId("record-close").addEventListener("click", () => this.close());
    this.button.addEventListener("click", () => (this.machine ? this.stop() : this.start()));
    window.addEventListener("beforeunload", (event) => this.machine && event.preventDefault());
  }

  async open() {
    const asked = this.asked = {};
    this.panel.hidden = false;
    byId("record-open").setAttribute("aria-expanded", "true");
    tell(byId("record-error"), "");
    byId("record-hint").textContent = t("record.asking");
    try {
      const stream = await devices.open();
      if (this.asked !== asked) devices.close(stream);
      else this.ready(stream);
    } catch (error) {
      if (this.asked !== asked) return;
      tell(byId("record-error"), error.message);
      byId("record-hint").textContent = "";
    }
  }

  ready(stream) {
    this.stream = stream;
    byId("record-preview").srcObject = stream;
    this.context = new AudioContext();
    this.endLevel = devices.showLevel(this.context.createMediaStreamSource(stream), byId("record-level"));
    const seen = stream.getVideoTracks().length ? "" : ` ${t("record.nocamera")}`;
    byId("record-hint").textContent = `${t("record.bar", { span: span(this.longest) })}${seen}`;
    this.button.disabled = false;
    this.button.focus();
  }

  start() {
    const types = this.stream.getVideoTracks().length ? TYPES : SOUND_TYPES;
    const mimeType = types.find((type) => MediaRecorder.isTypeSupported(type));
    const parts = [];
    const machine = this.machine = new MediaRecorder(this.stream, { mimeType });
    machine.ondataavailable = ({ data }) => parts.push(data);
    machine.onstop = () => this.finish(machine, parts);
    machine.start(1000);
    this.began = performance.now();
    this.ticking = setInterval(() => this.tick(), CLOCK_MS);
    this.panel.classList.add("recording");
    this.button.textContent = t("record.stop");
    announce(t("record.running"));
  }

  tick() {
    const seconds = (performance.now() - this.began) / 1000;
    byId("record-clock").textContent = clock(seconds);
    if (seconds >= this.longest - 1) this.stop();
  }

  stop() {
    clearInterval(this.ticking);
    if (this.machine.state !== "inactive") this.machine.stop();
  }

  finish(machine, parts) {
    if (this.machine !== machine) return;
    const type = machine.mimeType.split(";")[0];
    this.machine = null;
    this.count += 1;
    this.done(new File(parts, `recording-${this.count}.${type.split("/")[1]}`, { type }));
    this.close();
  }

  /** When another view comes: close without taking the focus back. */
  leave() {
    if (!this.panel.hidden) this.close(false);
  }

  /** Let camera and microphone go; a recording that still runs is thrown away. */
  close(back = true) {
    this.panel.hidden = true;
    if (this.machine) this.stop();
    this.machine = this.asked = null;
    this.endLevel?.();
    this.endLevel = null;
    devices.close(this.stream);
    this.context?.close();
    this.context = this.stream = null;
    byId("record-preview").srcObject = null;
    byId("record-clock").textContent = clock(0);
    byId("record-open").setAttribute("aria-expanded", "false");
    this.panel.classList.remove("recording");
    this.button.textContent = t("record.start");
    this.button.disabled = true;
    if (back) byId("record-open").focus({ preventScroll: true });
  }
}
