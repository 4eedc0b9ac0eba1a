/** Live: camera and microphone to the server over a websocket, and what it says of them. */

import { Bars, legend } from "./bars.js";
import { swatch } from "./colours.js";
import * as devices from "./devices.js";
import { announce, byId, make, tell } from "./dom.js";
import { Rolling } from "./rolling.js";
import { emotionName, t } from "./text.js";
import { decimal, percent, saidBy } from "./words.js";

const FRAME = 1;
const SOUND = 2;
const HEAD_BYTES = 9;
const FRAME_WIDTH = 480;
const JPEG_QUALITY = 0.8;
const MOST_WAITING_BYTES = 500_000;

const now = () => performance.now() / 1000;

/** One byte of kind, eight of time, then the payload. */
export function message(kind, time, payload) {
  const whole = new Uint8Array(HEAD_BYTES + payload.byteLength);
  const head = new DataView(whole.buffer);
  head.setUint8(0, kind);
  head.setFloat64(1, time, true);
  whole.set(new Uint8Array(payload), HEAD_BYTES);
  return whole;
}

export class Live {
  constructor({ classes, live }) {
    this.classes = classes;
    this.settings = live;
    this.button = byId("live-toggle");
    this.preview = byId("live-preview");
    this.button.addEventListener("click", () => (this.running ? this.stop() : this.start()));
    window.addEventListener("pagehide", () => this.stop());
  }

  async start() {
    const run = this.running = {};
    this.button.textContent = t("live.stop");
    tell(byId("live-error"), "");
    this.state(t("record.asking"));
    try {
      const stream = await devices.open();
      if (this.running !== run) { devices.close(stream); return; }
      this.stream = stream;
      await this.prepare();
      if (this.running === run) this.connect();
    } catch (error) {
      if (this.running === run) this.fail(error.message);
    }
  }

  async prepare() {
    byId("live-body").hidden = false;
    this.bars = new Bars(byId("live-moment"), this.classes);
    this.bars.show(t("live.listening"), null);
    this.rolling = new Rolling(byId("live-timeline"), this.classes);
    legend(byId("live-legend"), this.classes);
    this.preview.srcObject = this.stream;
    this.context = new AudioContext();
    const source = this.context.createMediaStreamSource(this.stream);
    this.endLevel = devices.showLevel(source, byId("live-level"));
    const { context } = this;
    await context.audioWorklet.addModule(new URL("./pcm.js", import.meta.url));
    if (this.context !== context) return;
    this.pcm = new AudioWorkletNode(context, "pcm", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    source.connect(this.pcm);
  }

  connect() {
    this.state(t("live.connecting"));
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/live`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ type: "start", sample_rate: this.context.sampleRate }));
    socket.onmessage = ({ data }) => this.socket === socket && this.heard(JSON.parse(data));
    // One that was left closes after another may have begun.
    socket.onclose = () => this.socket === socket && this.fail(t("live.ended"));
    this.socket = socket;
  }

  heard(word) {
    if (word.type === "ready") this.feed();
    else if (word.type === "moment") this.show(word);
    else if (word.type === "error") this.fail(word.error);
  }

  feed() {
    this.state(t("live.running"));
    announce(t("live.announce"));
    this.pcm.port.onmessage = ({ data }) => this.send(SOUND, now(), data);
    if (!this.stream.getVideoTracks().length) return;
    this.canvas = make("canvas");
    this.frames = setInterval(() => this.frame(), 1000 * this.settings.frame_interval_s);
  }

  /** Rather leave something out than fall behind. */
  send(kind, time, payload) {
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > MOST_WAITING_BYTES) return;
    socket.send(message(kind, time, payload));
  }

  frame() {
    const { videoWidth: width, videoHeight: height } = this.preview;
    if (!width || this.encoding) return;
    const time = now();
    const scale = Math.min(1, FRAME_WIDTH / width);
    Object.assign(this.canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
    this.canvas.getContext("2d").drawImage(this.preview, 0, 0, this.canvas.width, this.canvas.height);
    this.encoding = true;
    this.canvas.toBlob(async (blob) => {
      this.encoding = false;
      if (blob) this.send(FRAME, time, await blob.arrayBuffer());
    }, "image/jpeg", JPEG_QUALITY);
  }

  show(moment) {
    const title = moment.emotion ? emotionName(moment.emotion) : t("result.undecided");
    const share = moment.emotion ? percent(moment.confidence) : "";
    byId("live-word").replaceChildren(swatch(moment.emotion, this.classes, 40), title, make("span", { class: "hint" }, share));
    byId("live-words").textContent = `${t("modality.audio")}: ${saidBy(moment, "audio")} · ${t("modality.video")}: ${saidBy(moment, "video")}`;
    this.bars.show(t("live.last", { seconds: this.settings.window_s }), moment);
    this.rolling.add(moment);
    this.box(moment.box);
    this.state(t("live.behind", { seconds: decimal(Math.max(0, now() - moment.time_s)) }), "off");
  }

  box(box) {
    const frame = byId("live-box");
    frame.hidden = !box;
    for (const side of ["left", "top", "width", "height"]) {
      if (box) frame.style.setProperty(side, percent(box[side]).replace(" ", ""));
    }
  }

  /** Words that change twice a second are for the eye; screen readers hear start and end. */
  state(words, live = "polite") {
    const place = byId("live-state");
    place.setAttribute("aria-live", live);
    place.textContent = words;
  }

  fail(words) {
    this.stop();
    tell(byId("live-error"), words);
  }

  stop() {
    if (!this.running) return;
    this.running = null;
    clearInterval(this.frames);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "stop" }));
    this.socket?.close();
    this.endLevel?.();
    devices.close(this.stream);
    this.context?.close();
    this.socket = this.context = this.stream = this.endLevel = null;
    this.preview.srcObject = null;
    byId("live-box").hidden = true;
    this.button.textContent = t("live.start");
    this.state(t("live.off"));
  }
}
