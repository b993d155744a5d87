// The page: asks the server for the next frame when the last one is drawn, and keeps what the charts draw.
import { protocols, refused } from "/access.js";
import { ActivityChart, QualityChart, TraceChart } from "/charts.js";
import { ClockBar } from "/clock.js";
import { ConnectivityView, spokenOf } from "/mechanism.js";
import { ModelCard } from "/card.js";
import { Portrait } from "/portrait.js";
import { addSaving } from "/saving.js";
import { NotesView, rigTrouble } from "/notes.js";
import { SessionsTable } from "/table.js";
import { SilencingView } from "/silencing.js";
import { palette } from "/theme.js";
import { Tour } from "/tour.js";
import { TrialsView } from "/trials.js";

const STALE_MS = 1000;
const ALARM_MS = 5000;
const TRAIL_BINS = 256;
/** Over so long frames are counted that this page did not take, and so many are no wonder: three in a hundred. */
const PACE_MS = 10_000;
const CONFLATED_OFTEN = 10;
/** A portrait of a model that many versions back is drawn pale, since κ beside it comes from another network. */
const MODELS_BEHIND = 10;
const byId = id => document.getElementById(id);
const body = document.body;

/** Everything drawn. Series are arrays over `bins`, in the order of the bins. */
const emptyState = () => ({
  session: null, header: null, status: null, now: null, windowBins: 0,
  trace: { bins: [], kappa: [], sd: [], inputs: [], behavior: [], starts: [], phases: [], silenced: [], epochs: [], losses: [] },
  neurons: { ids: [], bins: [], observed: [], predicted: [] },
  trail: { bins: [], kappa: [] }, quality: null, analysis: null, playback: null,
  loadings: null, inactivations: null, intervention: null, control: false,
  notes: [], rig: "", events: null, raster: null,
});
let state = emptyState();
const changed = { trace: false, neurons: false, quality: false, analysis: false, header: false, loadings: false, silencing: false, events: false, raster: false };
let frame = null; // the newest one
let receivedAt = 0;
let framesDrawn = 0;

const charts = {
  trace: new TraceChart(byId("trace")), activity: new ActivityChart(byId("activity")),
  quality: new QualityChart(byId("quality")),
};
const connectivity = new ConnectivityView(byId, chooseAgain);
const silencing = new SilencingView(byId, chooseAgain);
const trials = new TrialsView(byId, () => { remember(); chooseAgain(); });
const notes = new NotesView(byId);
const tour = new Tour(byId);
const table = new SessionsTable(byId, chooseSession, () => ask());
const clock = new ClockBar(byId);
const card = new ModelCard(byId);
const portrait = new Portrait(byId("portrait"), text => { byId("marks").textContent = text; byId("marks").title = text; });

/** Whether the picture is held still; frames are still taken, so that nothing is missing afterwards. */
const held = () => byId("freeze").getAttribute("aria-pressed") === "true";

function hold(on) {
  byId("freeze").setAttribute("aria-pressed", String(on));
  byId("freeze").textContent = on ? "go on" : "hold";
  body.toggleAttribute("data-held", on);
  if (!on) redraw();
}

// ------------------------------------------------------------------------------------------------- folding frames

/** Drops what the frame sends again (from its first bin on) and what has left the window, then appends. */
function extend(held, arrays, sent, first, last) {
  let keep = held.bins.length;
  while (keep > 0 && held.bins[keep - 1] >= sent.from) keep--;
  let gone = 0;
  while (gone < keep && held.bins[gone] < first) gone++;
  held.bins = held.bins.slice(gone, keep).concat(sent.bins);
  for (const name of arrays) {
    held[name] = sent[name].map((series, i) => (held[name][i] ?? []).slice(gone, keep).concat(series));
  }
}

/** Marks are [bin, value]; of the phases, the one that began before the window stays, since it reaches into it. */
function extendMarks(held, sent, from, first, reachesIn) {
  const all = held.filter(mark => mark[0] < from).concat(sent);
  let gone = 0;
  while (gone < all.length && (reachesIn ? (all[gone + 1] ?? [Infinity])[0] <= first : all[gone][0] < first)) gone++;
  return all.slice(gone);
}

function fold(message) {
  if (message.reset) {
    state = emptyState();
    for (const key of Object.keys(changed)) changed[key] = true;
  }
  state.session = message.session ?? null;
  if (message.header) { state.header = message.header; changed.header = true; }
  if (message.status) state.status = message.status;
  if (message.windowBins) state.windowBins = message.windowBins;
  if (message.now) state.now = message.now;
  state.playback = message.playback ?? null;
  if (message.trace) {
    const first = message.now.bin - state.windowBins + 1;
    extend(state.trace, ["kappa", "sd", "inputs", "behavior"], message.trace, first);
    state.trace.starts = extendMarks(state.trace.starts, message.trace.starts, message.trace.from, first, false);
    state.trace.epochs = extendMarks(state.trace.epochs, message.trace.epochs, message.trace.from, first, false);
    state.trace.losses = message.trace.losses;
    const phases = state.trace.phases.filter(mark => mark[0] < message.trace.from);
    const fresh = message.trace.phases.filter((mark, i) => i > 0 || !phases.length || phases.at(-1)[1] !== mark[1]);
    state.trace.phases = extendMarks(phases, fresh, message.trace.from, first, true);
    state.trace.silenced = extendMarks(state.trace.silenced, message.trace.silenced, message.trace.from, first, true);
    const sent = message.trail ? {
      from: message.trail.from, kappa: message.trail.kappa,
      bins: Array.from(message.trail.kappa[0] ?? [], (unused, i) => message.trail.from + i),
    } : message.trace;
    extend(state.trail, ["kappa"], sent, message.now.bin - TRAIL_BINS + 1);
    changed.trace = true;
  }
  if (message.neurons) {
    if (message.neurons.ids.join("\n") !== state.neurons.ids.join("\n")) {
      state.neurons = { ids: message.neurons.ids, bins: [], observed: [], predicted: [] };
    }
    extend(state.neurons, ["observed", "predicted"], message.neurons, message.now.bin - state.windowBins + 1);
    changed.neurons = true;
  }
  if (message.quality) { state.quality = message.quality; changed.quality = true; }
  if (message.analysis) { state.analysis = message.analysis; changed.analysis = changed.loadings = changed.silencing = true; }
  if (message.loadings) { state.loadings = message.loadings; changed.loadings = true; }
  if (message.inactivations) { state.inactivations = message.inactivations; changed.silencing = true; }
  if (message.notes) { state.notes = message.notes; state.rig = message.rig ?? ""; changed.trace = true; }
  if (message.events) { state.events = message.events; changed.events = true; }
  if (message.raster) { state.raster = message.raster; changed.raster = true; }
  if (message.intervention) { state.intervention = message.intervention; changed.silencing = true; }
  if (message.control !== state.control) { state.control = message.control; changed.silencing = true; }
}

// ------------------------------------------------------------------------------------------------------ connection

let socket = null;
let waitingForFrame = false;
let drawQueued = false;
let resync = true;
let retryMs = 250;
let retryAt = 0;
let needsToken = false;

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, protocols());
  socket.onopen = () => { needsToken = false; retryMs = 250; resync = true; waitingForFrame = false; ask(); showBadge(); };
  socket.onmessage = event => receive(JSON.parse(event.data));
  socket.onclose = () => {
    socket = null;
    waitingForFrame = false;
    retryAt = performance.now() + retryMs;
    setTimeout(connect, retryMs);
    retryMs = Math.min(10_000, retryMs * 2);
    showBadge();
    refused().then(answer => { needsToken = answer; showBadge(); });
  };
}

function ask() {
  if (!socket || socket.readyState !== WebSocket.OPEN || waitingForFrame || drawQueued || document.hidden) return;
  waitingForFrame = true;
  socket.send(JSON.stringify({
    session: byId("session").value, resync, since: state.now?.bin ?? -1, window: Number(byId("window").value),
    width: Math.round(charts.trace.plotWidth()), neurons: chosenNeurons(),
    ...(view() === "connectivity" ? { axes: connectivity.axes() } : {}),
    ...(view() === "silencing" ? { set: silencing.set() } : {}), ...(view() === "trials" ? trials.question() : {}), table: table.open(),
  }));
  resync = false;
}

function receive(message) {
  waitingForFrame = false;
  if (message.error) { console.error(message.error); return; }
  frame = message;
  receivedAt = performance.now();
  fold(message);
  drawQueued = true;
  requestAnimationFrame(draw);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) { resync = true; } else { ask(); showBadge(); }
});

// --------------------------------------------------------------------------------------------------------- drawing

let activityDrawnAt = 0;
let themeDrawn = "";

function draw() {
  drawQueued = false;
  if (held()) { ask(); return; }
  const begun = performance.now();
  if (themeDrawn !== palette().name) {
    themeDrawn = palette().name;
    for (const key of Object.keys(changed)) changed[key] = true;
  }
  if (changed.header) showHeader();
  if (changed.analysis) showConditions();
  const hasBins = state.now !== null;
  showWaiting(hasBins);
  showAge();
  if (hasBins) {
    const shown = view();
    if (shown === "trials") { trials.draw(state, changed); changed.events = changed.raster = false; }
    if (changed.trace && ["live", "silencing"].includes(shown)) charts.trace.draw(state, frame.reset);
    if ((changed.trace || changed.analysis) && ["live", "connectivity"].includes(shown)) {
      portrait.draw(state, byId("condition").value, [Number(byId("dimensionX").value), Number(byId("dimensionY").value)]);
    }
    changed.trace = false;
    changed.analysis = false;
    // Ten times a second is as much as an eye follows over this many curves.
    if (changed.neurons && shown === "live" && (frame.reset || begun - activityDrawnAt > 100)) {
      charts.activity.draw(state);
      activityDrawnAt = begun;
      changed.neurons = false;
    }
    if (changed.quality && state.quality && shown === "live") {
      showDoubts(state.quality.doubts ?? []);
      charts.quality.draw(state.quality, showQuality);
      changed.quality = false;
    }
    if (changed.loadings && shown === "connectivity") { connectivity.draw(state); changed.loadings = false; }
    if (changed.silencing) { silencing.draw(state, shown === "silencing"); changed.silencing = shown !== "silencing"; }
    if (shown === "silencing") silencing.showControls();
    showLegend();
  }
  showSessions();
  showStatus();
  clock.show(state);
  notes.draw(state);
  tour.offer(state, view());
  if (frame.table) table.draw(frame.table, state.session);
  showBadge();
  showPace();
  framesDrawn++;
  body.dataset.frames = framesDrawn;
  body.dataset.session = state.session ?? "";
  body.dataset.bins = state.status?.counters.latents ?? 0;
  body.dataset.newest = state.now?.bin ?? -1;
  body.dataset.kappa = state.now ? state.now.kappa.join(" ") : "";
  body.dataset.modelVersion = state.status?.model?.version ?? "";
  body.dataset.analysisVersion = state.analysis?.modelVersion ?? "";
  body.dataset.conflated = frame.conflated;
  body.dataset.points = state.trace.bins.length;
  body.dataset.drawMs = (performance.now() - begun).toFixed(1);
  ask();
}

function showHeader() {
  changed.header = false;
  const h = state.header;
  const parts = [];
  if (h) {
    if (h.neurons) parts.push(`${h.neurons} neurons`);
    if (h.rank) parts.push(`rank ${h.rank}`);
    parts.push(`${+(h.binWidth * 1000).toPrecision(3)} ms bins`);
    if (h.observation) parts.push(h.observation);
    if (h.origin) parts.push(h.origin);
  }
  showWarnings(h?.warnings ?? []);
  byId("origin").textContent = parts.join(" · ");
  byId("origin").title = parts.join(" · ");
  byId("activityUnit").textContent = h?.observation === "counts" ? "spikes per bin" : h?.observation ?? "";
  byId("neuronIds").replaceChildren(...(h?.examples ?? []).map(id => new Option(id)));
  neuronHint = h?.examples?.length ? `ids of up to 8 neurons, such as ${h.examples.join(", ")}` : "ids of up to 8 neurons";
  const rank = h?.rank ?? 0;
  for (const [id, at] of [["dimensionX", 0], ["dimensionY", 1]]) {
    const select = byId(id);
    select.hidden = rank < 3;
    if (select.options.length !== rank) {
      select.replaceChildren(...Array.from({ length: rank }, (unused, k) => new Option(`κ${subscript(k + 1)}`, k)));
      select.value = String(Math.min(at, Math.max(0, rank - 1)));
    }
  }
}

/** What looks wrong with the recording. */
function showWarnings(lines) {
  const box = byId("warnings");
  box.hidden = lines.length === 0;
  box.querySelector("summary").textContent = lines.length === 1 ? lines[0] : `${lines.length} warnings about the recording: ${lines[0] ?? ""}`;
  box.querySelector("ul").replaceChildren(...lines.map(line => Object.assign(document.createElement("li"), { textContent: line })));
}

/** What keeps the scores from meaning anything. */
function showDoubts(lines) {
  const box = byId("doubts");
  box.hidden = lines.length === 0;
  box.textContent = lines.join(" · ");
  box.title = lines.join("\n");
}

let neuronHint = "";
const subscript = number => String(number).replace(/\d/g, digit => "₀₁₂₃₄₅₆₇₈₉"[digit]);

function showConditions() {
  const select = byId("condition");
  const names = (state.analysis?.conditions ?? [{ input: "none" }]).map(condition => condition.input);
  if (names.join("\n") !== Array.from(select.options, option => option.value).join("\n")) {
    const before = select.value;
    select.replaceChildren(...names.map(name => new Option(name, name)));
    select.value = names.includes(before) ? before : names[0];
  }
}

/** How many models the analysis is behind, and what that makes of its panels. */
function showAge() {
  const newest = state.status?.model?.version ?? 0;
  const behindBy = state.analysis ? Math.max(0, newest - state.analysis.modelVersion) : 0;
  const old = behindBy > MODELS_BEHIND || Boolean(state.status?.model?.final && behindBy > 0);
  body.toggleAttribute("data-old", old);
  set("portraitOf", !state.analysis ? "" : `of ${spokenOf(state.analysis)}${old ? `; ${behindBy} models behind κ` : ""}`, old ? "warn" : "");
}

function showLegend() {
  const colours = palette().words;
  const rank = state.now.kappa.length;
  const items = [];
  for (let k = 0; k < Math.min(rank, 6); k++) {
    const item = document.createElement("span");
    const swatch = document.createElement("b");
    swatch.textContent = `κ${subscript(k + 1)} `;
    swatch.style.color = colours[k % colours.length];
    const sd = Math.sqrt(state.now.covariance[k * (k + 3) / 2] ?? 0);
    item.append(swatch, `${fixed(state.now.kappa[k])} ± ${sd.toFixed(2)}`);
    items.push(item);
  }
  byId("latentLegend").replaceChildren(...items);
}

const fixed = value => value === null ? "–" : (value < 0 ? "−" : " ") + Math.abs(value).toFixed(2);

function showQuality(text, score, unit) {
  byId("qualityLegend").replaceChildren(...text);
  set("verdict", inWords(score, unit), "caption");
}

/** What a score means. */
function inWords(score, unit) {
  if (score === undefined) return "No trial was scored yet.";
  const number = score.toFixed(Math.abs(score) < 0.1 ? 3 : 2).replace("-", "−");
  if (unit === "bits/spike") {
    return score <= 0 ? "Worse than a constant rate for each neuron: do not trust κ yet."
      : score < 0.01 ? "Hardly better than a constant rate for each neuron: do not trust κ yet."
        : `${number} bits per spike better than a constant rate for each neuron.`;
  }
  return score <= 0 ? "Worse than the mean of each neuron: do not trust κ yet."
    : `Explains ${Math.round(100 * score)} % of the activity's variance one bin ahead.`;
}

function showSessions() {
  const select = byId("session");
  const entries = [["", `newest${state.session && !select.value ? ` (${state.session})` : ""}`],
    ...frame.sessions.map(s => [s.id, s.id + (s.ended ? " · over" : s.idleSeconds > 5 ? ` · idle ${duration(s.idleSeconds)}` : "")])];
  const chosen = select.value;
  if (chosen && !frame.sessions.some(s => s.id === chosen)) entries.push([chosen, `${chosen} · gone`]);
  // Rebuilding an open list would close it.
  const text = entries.map(e => e.join("\t")).join("\n");
  if (select.dataset.entries !== text && document.activeElement !== select) {
    select.replaceChildren(...entries.map(([value, label]) => new Option(label, value)));
    select.value = chosen;
    select.dataset.entries = text;
  }
}

const duration = s => s < 120 ? `${Math.round(s)} s` : s < 7200 ? `${Math.round(s / 60)} min` : s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`;
const count = n => n < 100_000 ? n.toLocaleString("en") : n < 1e6 ? `${(n / 1e3).toFixed(0)}k` : `${(n / 1e6).toFixed(2)}M`;
const ms = x => x === null || x === undefined ? "–" : x < 10 ? x.toFixed(1) : x < 10_000 ? x.toFixed(0) : `${(x / 1000).toFixed(0)}k`;
const set = (id, text, level = "") => {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
  if (element.className !== level) element.className = level;
};

function showStatus() {
  const s = state.status;
  if (!s) {
    ["rate", "lag", "age", "latency", "model", "counts", "rejected", "frames", "pace"].forEach(id => set(id, "–"));
    return;
  }
  set("rate", s.binsPerSecond < 10 ? s.binsPerSecond.toFixed(1) : count(Math.round(s.binsPerSecond)));
  set("lag", count(s.lag), behind(s) ? "warn" : "");
  // A replay at full speed waits in the log for its turn, which is no delay of κ.
  byId("latencyTile").hidden = catchingUp();
  set("latency", s.latencyMs ? `${s.latencyMs.map(ms).join(" · ")} ms` : "–");
  const c = s.counters;
  set("model", s.model ? `v${s.model.version}${s.model.final ? " final" : ""} · ${count(c.steps)}` : "none yet");
  set("counts", `${count(c.latents)} · ${count(s.trials)}`);
  const lines = Object.entries(c.rejected_by_reason).sort((a, b) => b[1] - a[1])
    .map(([reason, n]) => `${reason.toLowerCase().replaceAll("_", " ")} ${n}`);
  set("rejected", `${count(c.rejected)} · ${count(c.gaps)}${lines.length ? ` (${lines[0]}${lines.length > 1 ? ", …" : ""})` : ""}`,
    c.rejected > 0 ? "bad" : c.gaps > 0 ? "warn" : "");
  byId("rejectedTile").title = ["Records of this session that were rejected, and runs of bins that never came",
    ...lines, ...(frame.rejectedElsewhere ? [`of other or unknown sessions ${frame.rejectedElsewhere}`] : [])].join("\n");
  set("frames", `${count(framesDrawn + 1)} · ${count(frame.conflated)}`);
}

/** A recording that is fitted as fast as it goes. */
const catchingUp = () => Boolean(state.header?.lockstep) || state.playback?.speed === "max";

/** How much of the recording has a κ, as a part of a sentence. */
function fitted() {
  const { from, until } = state.playback ?? {};
  return until > from ? `fitting, ${Math.floor(100 * Math.min(1, Math.max(0, state.now.bin + 1 - from) / (until - from)))} %` : "fitting";
}

const behind = s => s.lag > Math.max(20, s.binsPerSecond);

/** What this page was spared, as of some time ago: [when, frames, bins]. */
let spared = [];

/** What gives way now, in the order in which it may: a replay waits, else learning yields, then views, and bins never. */
function showPace() {
  const s = state.status;
  if (!s) return;
  const now = performance.now();
  const c = s.counters;
  if (frame.reset || spared.length === 0) spared = [[now, frame.conflated, c.bins_skipped]];
  if (now - spared.at(-1)[0] > 500) spared.push([now, frame.conflated, c.bins_skipped]);
  while (spared.length > 1 && spared[1][0] < now - PACE_MS) spared.shift();
  const [, framesThen, binsThen] = spared[0];
  const said = [];
  const running = ["live", "stale"].includes(body.dataset.state);
  if (running) {
    if (state.header?.lockstep) {
      if (behind(s)) said.push(`replay held back, ${count(s.lag)} bins ahead`);
    } else {
      const shed = s.model?.stepsShedLately ?? 0;
      if (shed > 0) said.push(`learning reduced: ${count(shed)} of ${count(shed + s.model.stepsLately)} steps shed`);
      if (behind(s)) said.push(`behind by ${count(s.lag)} bins`);
    }
    if (c.bins_skipped > binsThen) said.push(`view thinned: ${count(c.bins_skipped - binsThen)} bins left out`);
    else if (frame.conflated - framesThen > CONFLATED_OFTEN) said.push(`view thinned: ${count(frame.conflated - framesThen)} frames conflated`);
  }
  set("pace", said.join(" · ") || (body.dataset.state === "live" ? "keeping up" : "–"), said.length && !state.header?.lockstep ? "warn" : "");
  byId("pace").title = [
    ...said, "If there is too much to do, replays wait first, then steps of the fit are left out, then slow pages get fewer frames."
    + " Bins are never left out.",
    `In all: ${count(c.steps_shed)} of ${count(c.steps + c.steps_shed)} steps shed,`
    + ` ${count(frame.conflated)} frames of this page conflated, ${count(c.bins_skipped)} bins not shown`].join("\n");
}

/** Age of the newest bin now: what the server said, plus the time since. */
const ageMs = () => state.status?.ageMs === undefined || state.status.ageMs === null ? null
  : state.status.ageMs + performance.now() - receivedAt;

/** The beginning of a line, where there is room for no more; the whole line is the badge's title. */
const short = line => line.length > 60 ? `${line.slice(0, 59)}…` : line;

function showBadge() {
  const age = ageMs();
  const trouble = rigTrouble(state.rig);
  let kind = "live";
  let text = "live";
  if (!socket || socket.readyState !== WebSocket.OPEN) {
    kind = "disconnected";
    const wait = Math.max(0, (retryAt - performance.now()) / 1000);
    text = needsToken ? "no access: open the link with the token" : frame?.failure ? `stopped: ${short(frame.failure)}` : retryAt ? `disconnected, trying again${wait > 1 ? ` in ${wait.toFixed(0)} s` : ""}` : "connecting";
  } else if (frame?.failure) {
    kind = "stale";
    text = short(frame.failure);
  } else if (frame?.problem) {
    kind = "stale";
    text = frame.problem.length > 60 ? "Kafka is not answering" : frame.problem;
  } else if (age === null) {
    kind = state.status?.counters.rejected > 0 ? "stale" : "waiting";
    text = kind === "stale" ? "its data is rejected" : trouble ? `waiting for bins: ${short(trouble)}` : "waiting for bins";
  } else if (state.status.ended && state.status.lag === 0) {
    kind = "ended";
    text = "session over";
  } else if (state.playback?.paused) {
    kind = "paused";
    text = "paused";
  } else if (catchingUp() && state.status.lag > 0) {
    text = fitted();
  } else if (age > Math.max(STALE_MS, 3000 * (state.header?.binWidth ?? 0) / (Number(state.playback?.speed) || 1))) {
    kind = "stale";
    const late = behind(state.status); // bins come, and κ is behind them
    text = `${late ? "κ is late by" : "no data for"} ${age < 10_000 ? (age / 1000).toFixed(1) + " s" : duration(age / 1000)}${trouble && !late ? `: ${short(trouble)}` : ""}`;
  }
  // Whoever looks at another window sees it, too.
  const alarm = kind === "disconnected" || (kind === "stale" && (frame?.failure || age > ALARM_MS));
  body.toggleAttribute("data-alarm", alarm);
  const title = alarm ? `⚠ ${frame?.failure ? "failure" : kind === "stale" ? "no data" : kind} · kappa` : "kappa";
  if (document.title !== title) document.title = title;
  body.dataset.state = kind;
  set("badge", text);
  byId("badge").title = frame?.failure || frame?.problem || (trouble ? `the rig says: ${trouble}` : "");
  body.dataset.rig = state.rig;
  set("age", age === null ? "–" : age < 1000 ? `${age.toFixed(0)} ms` : age < 10_000 ? `${(age / 1000).toFixed(1)} s` : duration(age / 1000),
    kind === "stale" ? "warn" : "");
}

function showWaiting(hasBins) {
  byId("waiting").hidden = hasBins;
  if (hasBins) return;
  const announced = state.session !== null;
  const c = state.status?.counters;
  const refused = announced && c?.rejected > 0;
  set("waitingTitle", refused ? `${state.session}: its data is rejected` : announced ? `${state.session}: waiting for its first bins` : "Waiting for a session");
  set("waitingText", frame.problem ? `Kafka: ${frame.problem}.`
    : refused ? `${count(c.rejected)} records were rejected (${Object.entries(c.rejected_by_reason).map(([reason, n]) => `${reason.toLowerCase().replaceAll("_", " ")} ${count(n)}`).join(", ")}). `
      + "The log of kappa and the topic kappa.rejected say why. Correct the rig or the header, and start a new session."
    : announced ? `The session is announced. κ appears with the first bin on kappa.activity.${state.rig ? ` The rig says: ${state.rig}.` : ""}` : "Nothing has been published yet. To start one:");
  byId("start").hidden = announced;
}

// -------------------------------------------------------------------------------------------------------- controls

const chosenNeurons = () => byId("neurons").value.split(/[,;\s]+/).filter(id => id).slice(0, 8);

const REMEMBERED = ["session", "window", "neurons", "condition", "event", "rateOf"];

for (const id of ["session", "window"]) byId(id).addEventListener("change", () => { resync = true; byId(id).blur(); remember(); ask(); });
byId("neurons").addEventListener("change", () => { resync = true; remember(); ask(); });
for (const id of ["condition", "dimensionX", "dimensionY"]) byId(id).addEventListener("change", () => { changed.trace = true; remember(); redraw(); });
byId("freeze").addEventListener("click", () => hold(!held()));
byId("openCard").addEventListener("click", () => card.show(state, byId("verdict").textContent));

/** Keeps what is chosen in the address, so that a copied link shows the same view. */
function remember() {
  const chosen = new URLSearchParams(REMEMBERED.map(id => [id, byId(id).value]).filter(([id, value]) => value && value !== { window: "10", condition: "none", event: "trial" }[id]));
  history.replaceState(null, "", `${location.pathname}#${view()}${chosen.size ? `?${chosen}` : ""}`);
}

/** Chooses what the address says. */
function recall() {
  const chosen = new URLSearchParams(location.hash.split("?")[1] ?? "");
  for (const [id, value] of chosen) {
    if (!REMEMBERED.includes(id)) continue;
    if (byId(id).tagName === "SELECT" && !Array.from(byId(id).options).some(option => option.value === value)) byId(id).add(new Option(value, value));
    byId(id).value = value;
  }
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, button, textarea, dialog, summary, a")) return;
  const tab = byId("views").children[Number(event.key) - 1];
  if (event.key === " ") { event.preventDefault(); hold(!held()); }
  else if (event.key === "?") open("/docs/page.html", "_blank", "noopener");
  else if (tab) location.hash = tab.hash;
});

function chooseSession(id) {
  const select = byId("session");
  if (!Array.from(select.options).some(option => option.value === id)) select.add(new Option(id, id));
  select.value = id;
  select.dispatchEvent(new Event("change"));
}

function chooseAgain() {
  changed.loadings = changed.silencing = true;
  ask();
  redraw();
}

/** Which of the views shows: the part of the address behind #. */
function view() { return document.querySelector("main").dataset.view; }

function showView() {
  const links = Array.from(byId("views").children);
  const chosen = links.find(link => link.hash === location.hash.split("?")[0]) ?? links[0];
  document.querySelector("main").dataset.view = chosen.hash.slice(1);
  for (const link of links) if (link === chosen) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  resizeAll();
}
addEventListener("hashchange", showView);

function resizeAll() {
  for (const each of [...Object.values(charts), connectivity, silencing, trials, portrait]) each.resize();
  redraw();
}

function redraw() {
  if (frame && !drawQueued) {
    for (const key of Object.keys(changed)) changed[key] = true;
    drawQueued = true;
    requestAnimationFrame(draw);
  }
}

let resizing = 0;
new ResizeObserver(() => {
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(resizeAll);
}).observe(document.querySelector("main"));
setInterval(() => {
  if (document.hidden) return;
  showBadge();
  const unknown = frame?.unknownNeurons ?? [];
  byId("neurons").setAttribute("aria-invalid", String(unknown.length > 0));
  byId("neurons").title = unknown.length ? `no neuron is called ${unknown.join(", ")}` : neuronHint;
  set("unknownNeurons", unknown.length ? `No neuron is called ${unknown.join(", ")}.` : "", "caption warn");
}, 250);
addSaving(() => state, { trace: charts.trace, activity: charts.activity, quality: charts.quality, ...connectivity.charts(), ...silencing.charts(), ...trials.charts() });
recall();
showView();
connect();
