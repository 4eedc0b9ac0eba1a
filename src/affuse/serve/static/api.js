/** The HTTP API of the server that this page came from. */

import { phrase, t } from "./text.js";

export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

function sentenceOf(text, status) {
  try {
    const { error, message } = JSON.parse(text);
    if (error) return phrase(error, message);
  } catch {
    // Not of the server itself; something before it answered.
  }
  return t("api.status", { status });
}

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new ApiError(t("api.silent"), 0);
  }
  if (!response.ok) throw new ApiError(sentenceOf(await response.text(), response.status), response.status);
  return response;
}

const json = async (path, options) => (await request(path, options)).json();

export const info = () => json("/api/info");
export const runs = () => json("/api/runs");
export const startSample = (meant) => json(`/api/sample?explain=true&meant=${meant}`, { method: "POST" });
export const jobs = () => json("/api/jobs");
export const job = (id) => json(`/api/jobs/${id}`);
/** By voice and face together, or by one of them alone. */
export const result = (id, modality = "") => json(`/api/jobs/${id}/result${modality && `?modality=${modality}`}`);
export const overview = (id) => json(`/api/jobs/${id}/overview`);

/** Cancel a job, and remove all that it has; one that is gone already is fine. */
export async function remove(id) {
  try {
    await request(`/api/jobs/${id}`, { method: "DELETE" });
  } catch (error) {
    if (error.status !== 404) throw error;
  }
}

/** The timeline as somebody has corrected it; empty where nobody has. */
export const corrections = (id) => json(`/api/jobs/${id}/corrections`);
export const correct = (id, stretches) => json(`/api/jobs/${id}/corrections`, {
  method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ stretches }),
  // What a page sends while it goes is sent to its end, as long as it is short.
  keepalive: stretches.length < 300 });
/** Give people of a recording names, {number: name}; says what each is called now. */
export const name = (id, names) => json(`/api/jobs/${id}/names`, {
  method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ names }) });
export const forgetCorrections = (id) => request(`/api/jobs/${id}/corrections`, { method: "DELETE" });

/** An export as {blob, name}. */
export async function download(id, format, corrected = false) {
  const response = await request(`/api/jobs/${id}/exports/${format}${corrected ? "?corrected=true" : ""}`);
  const header = response.headers.get("Content-Disposition") ?? "";
  const coded = /filename\*=utf-8''([^;]+)/i.exec(header);
  const plain = /filename="?([^";]+)"?/i.exec(header);
  return { blob: await response.blob(), name: coded ? decodeURIComponent(coded[1]) : plain?.[1] };
}

/** Send a file; fetch cannot say how far it is, XMLHttpRequest can. `signal` ends it, but not one that has arrived: whoever removes it needs its job. */
export function upload(file, settings, { signal, progress }) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file, file.name);
    call.open("POST", `/api/predict?${new URLSearchParams({ ...settings, explain: true })}`);
    call.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    let there = false;
    call.upload.onload = () => { there = true; };
    call.onload = () => (call.status === 202
      ? resolve(JSON.parse(call.responseText))
      : reject(new ApiError(sentenceOf(call.responseText, call.status), call.status)));
    call.onerror = () => reject(new ApiError(
      t("api.broke"), 0));
    call.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => there || call.abort());
    call.send(body);
  });
}
