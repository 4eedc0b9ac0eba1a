/** Puts the parts of the page together. */

import { showFigures } from "./about.js";
import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { Live } from "./live.js";
import { Player } from "./player.js";
import { Recorder } from "./recorder.js";
import { showRuns } from "./runs.js";
import * as text from "./text.js";
import { Board, listen, named } from "./upload.js";
import { bytes, span } from "./words.js";

const VIEWS = ["recordings", "live", "runs", "about"];

/** Show the view that the address names; leaving one lets its camera go. */
function route(parts, first = false) {
  const { view, id } = named(location.hash);
  if (!VIEWS.includes(view)) return;
  const moved = byId(`view-${view}`).hidden;
  for (const name of VIEWS) {
    byId(`view-${name}`).hidden = name !== view;
    const link = byId(`to-${name}`);
    if (name === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (view !== "live") parts.live.stop();
  if (view !== "recordings") parts.recorder.leave();
  else parts.board.open(id);
  if (view === "runs") showRuns();
  if (!first && (moved || id === null)) byId(`${view}-title`).focus();
}

/** What the words of the page say of this server. */
function values({ version, recogniser, limits }) {
  const keep = text.t("keep", { span: span(limits.keep_s) });
  return { version, recogniser, keep, bytes: bytes(limits.max_bytes), duration: span(limits.max_duration_s) };
}

function fill({ figures, window_s: window_, hop_s: hop, threshold }) {
  showFigures(figures);
  const { elements } = byId("options");
  elements.window.placeholder = window_;
  elements.hop.placeholder = hop;
  elements.threshold.placeholder = Math.round(100 * threshold);
}

async function begin() {
  const info = await api.info();
  await text.begin(info.languages);
  text.fill(values(info));
  fill(info);
  const board = new Board(info, new Player(info.formats));
  const recorder = new Recorder(info.limits.max_duration_s, (file) => board.file(file));
  const parts = { live: new Live(info), recorder, board };
  listen(board);
  await board.look();
  window.addEventListener("hashchange", () => route(parts));
  route(parts, true);
  document.documentElement.dataset.ready = "yes";
}

begin().catch((error) => {
  byId("main").prepend(make("p", { class: "notice bad", role: "alert" }, error.message));
});
