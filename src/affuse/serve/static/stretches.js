/** A timeline being corrected: lists of {start_s, end_s, emotion, annotator}, each change a new list. */

export const LEAST_S = 0.05;
const JOINED_S = 0.001;

const milliseconds = (time) => Math.round(time * 1000) / 1000;

/** The recogniser's cuts as stretches of a timeline: that of a face or person, where there are several. */
export function stretchesOf(cuts, whose = { face: 0, person: 0 }) {
  return cuts.filter(({ start, end }) => end - start >= 0.001).map(({ start, end, segment }) => ({
    start_s: milliseconds(start), end_s: milliseconds(end), emotion: segment.emotion, annotator: "recogniser", ...whose }));
}

function changed(list, place, values) {
  return list.map((one, at) => (at === place ? { ...one, ...values, annotator: "person" } : one));
}

export function named(list, place, emotion) {
  return list[place].emotion === emotion ? list : changed(list, place, { emotion });
}

const touch = (before, after) => Boolean(before && after) && after.start_s - before.end_s < JOINED_S;

/** Move one edge (`start_s` or `end_s`) of a stretch; a neighbour that touches it goes along, none is passed. */
export function moved(list, place, edge, time, duration) {
  const own = list[place];
  const last = edge === "end_s";
  const beside = list[place + (last ? 1 : -1)];
  const joined = last ? touch(own, beside) : touch(beside, own);
  const most = beside ? (joined ? beside[edge] : beside[last ? "start_s" : "end_s"]) : (last ? duration : 0);
  const [low, high] = last
    ? [own.start_s + LEAST_S, joined ? most - LEAST_S : most]
    : [joined ? most + LEAST_S : most, own.end_s - LEAST_S];
  const to = milliseconds(Math.min(Math.max(time, low), high));
  if (high < low || to === own[edge]) return list;
  const alone = changed(list, place, { [edge]: to });
  return joined ? changed(alone, place + (last ? 1 : -1), { [last ? "start_s" : "end_s"]: to }) : alone;
}

/** Cut a stretch in two; unchanged where the time is too near to an edge. */
export function split(list, place, time) {
  const own = list[place];
  const at = milliseconds(time);
  if (at - own.start_s < LEAST_S || own.end_s - at < LEAST_S) return list;
  const parts = [{ ...own, end_s: at, annotator: "person" }, { ...own, start_s: at, annotator: "person" }];
  return [...list.slice(0, place), ...parts, ...list.slice(place + 1)];
}

/** One stretch of two: the emotion of the first. */
export function joined(list, place) {
  const [own, next] = list.slice(place, place + 2);
  if (!next) return list;
  return [...list.slice(0, place), { ...own, end_s: next.end_s, annotator: "person" }, ...list.slice(place + 2)];
}

/** The edge next to a time: [place, edge name, seconds away]. */
export function nearest(list, time) {
  return list.flatMap((one, place) => [[place, "end_s", Math.abs(one.end_s - time)], [place, "start_s", Math.abs(one.start_s - time)]])
    .reduce((best, one) => (one[2] < best[2] ? one : best), [-1, "", Infinity]);
}

export const placeAt = (list, time) => list.findIndex((one) => time >= one.start_s && time < one.end_s);
