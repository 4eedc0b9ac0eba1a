/** What pointer, wheel and keys do on a timeline: seek, zoom, scroll, and drag an edge of a correction. */

import { nearest } from "./stretches.js";

const STEP_S = 0.5;
const CLOSER = 0.5;
const REACH = 7;

export class Gestures {
  constructor(line) {
    this.line = line;
    this.edge = null;
    this.dragging = false;
    this.listen();
  }

  listen() {
    const { host } = this.line;
    host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      host.setPointerCapture(event.pointerId);
      this.edge = this.edgeAt(event);
      this.dragging = !this.edge;
      if (this.edge) return;
      this.line.calls.seek(this.line.timeAt(event));
      if (this.line.own) this.line.edits.pick(this.line.timeAt(event));
    });
    host.addEventListener("pointermove", (event) => this.moved(event));
    for (const end of ["pointerup", "pointercancel"]) host.addEventListener(end, () => this.released());
    host.addEventListener("pointerleave", () => this.line.pointTo(null));
    host.addEventListener("keydown", (event) => this.pressed(event));
    host.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
  }

  released() {
    if (this.edge) this.line.edits.drop();
    this.edge = null;
    this.dragging = false;
  }

  /** The edge of a stretch under the pointer, in the lane of corrections: [place, edge]. */
  edgeAt(event) {
    const lane = this.line.own && this.line.lanes.get("own");
    const down = event.clientY - this.line.host.getBoundingClientRect().top;
    if (!lane || down < lane.y - 2 || down > lane.y + lane.height + 2) return null;
    const [place, edge, away] = nearest(this.line.own, this.line.timeAt(event));
    return away * (this.line.width - this.line.gutter) / this.line.shown.length <= REACH ? [place, edge] : null;
  }

  moved(event) {
    this.line.host.classList.toggle("on-edge", Boolean(this.edge ?? this.edgeAt(event)));
    if (this.edge) this.line.edits.drag(this.edge, this.line.timeAt(event));
    else if (this.dragging) this.line.calls.seek(this.line.timeAt(event));
    else if (event.pointerType === "mouse") this.line.pointTo(this.line.timeAt(event));
  }

  /** With ctrl, as two fingers do on a touch pad: closer or farther; sideways, or with shift: along. The rest scrolls the page. */
  wheeled(event) {
    const along = event.deltaX || (event.shiftKey ? event.deltaY : 0);
    if (event.ctrlKey) this.line.zoom(Math.exp(Math.sign(event.deltaY) * 0.25), this.line.timeAt(event));
    else if (along && !this.line.shown.whole) this.line.scroll(this.line.shown.from + (along / this.line.width) * this.line.shown.length);
    else return;
    event.preventDefault();
  }

  pressed(event) {
    const here = this.line.found.findIndex((cut) => this.line.time < cut.end);
    const jumps = {
      ArrowLeft: () => this.line.time - STEP_S, ArrowDown: () => this.line.time - STEP_S,
      ArrowRight: () => this.line.time + STEP_S, ArrowUp: () => this.line.time + STEP_S,
      Home: () => 0, End: () => this.line.duration,
      PageUp: () => (this.line.found[here < 0 ? this.line.found.length - 1 : here - 1] ?? this.line.found[0])?.start ?? 0,
      PageDown: () => this.line.found[here + 1]?.start ?? this.line.duration,
    };
    const zooms = { "+": () => this.line.zoom(CLOSER), "-": () => this.line.zoom(1 / CLOSER), 0: () => this.line.all() };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") this.line.calls.toggle();
    else if (event.key in zooms) zooms[event.key]();
    else if (event.key in jumps) this.line.calls.seek(this.line.clamp(jumps[event.key]()));
    else return;
    event.preventDefault();
  }
}
