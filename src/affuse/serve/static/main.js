/** Puts the parts of the page together. */

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { Live } from "./live.js";
import { Player } from "./player.js";
import { Recorder } from "./recorder.js";
import { showRuns } from "./runs.js";
import { Board, listen } from "./upload.js";
import { span } from "./words.js";

const VIEWS = ["recordings", "live", "runs", "about"];

/** Show the view that the address names; leaving one lets its camera go. */
function route(parts, first = false) {
  const asked = location.hash.slice(1);
  if (asked && !VIEWS.includes(asked)) return;
  const view = asked || VIEWS[0];
  for (const name of VIEWS) {
    byId(`view-${name}`).hidden = name !== view;
    const link = document.querySelector(`nav a[href="#${name}"]`);
    if (name === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (view !== "live") parts.live.stop();
  if (view !== "recordings") parts.recorder.leave();
  if (view === "runs") showRuns();
  if (!first) byId(`${view}-title`).focus();
}

function fill({ version, recogniser, limits, window_s: window_, hop_s: hop, threshold }) {
  for (const place of document.querySelectorAll(".keep")) place.textContent = `after ${span(limits.keep_s)}`;
  byId("made-by").textContent = `affuse ${version}, recogniser ${recogniser}`;
  const { elements } = byId("options");
  elements.window.placeholder = window_;
  elements.hop.placeholder = hop;
  elements.threshold.placeholder = Math.round(100 * threshold);
}

async function begin() {
  const info = await api.info();
  fill(info);
  const board = new Board(info.limits, new Player(info.formats));
  const recorder = new Recorder(info.limits.max_duration_s, (file) => board.file(file));
  const parts = { live: new Live(info), recorder };
  listen(board);
  window.addEventListener("hashchange", () => route(parts));
  route(parts, true);
  document.documentElement.dataset.ready = "yes";
}

begin().catch((error) => {
  byId("main").prepend(make("p", { class: "notice bad", role: "alert" }, error.message));
});
