// What the rig's clocks say of the newest bin, what was lost, and, of a replay, the means to hold it, seek in it and pace it.
import { authorization } from "/access.js";
const SPEEDS = [["0.1", "0.1×"], ["0.25", "¼×"], ["0.5", "½×"], ["1", "1×"], ["2", "2×"], ["5", "5×"], ["10", "10×"], ["max", "max"]];
const ANSWER_WITHIN_MS = 4000;

/** Seconds as 12:34.5 or 1:02:03.4. */
function hours(seconds, digits = 1) {
  const unit = 10 ** digits;
  const ticks = Math.round(seconds * unit);
  const [h, m, s] = [Math.floor(ticks / unit / 3600), Math.floor(ticks / unit / 60) % 60, (ticks % (60 * unit)) / unit];
  return `${h ? `${h}:${String(m).padStart(2, "0")}` : m}:${s.toFixed(digits).padStart(digits ? digits + 3 : 2, "0")}`;
}

const show = (element, text, level = "") => {
  if (element.textContent !== text) element.textContent = text;
  if (element.className !== level) element.className = level;
};

export class ClockBar {
  constructor(byId) {
    this.byId = byId;
    this.state = null;
    this.asking = false;
    this.wish = null; // what is asked next, when the answer to what was asked before is here
    this.dragging = false;
    this.pending = null; // { state, since }: which playback state was there when something was asked
    this.problem = "";
    byId("speed").replaceChildren(...SPEEDS.map(([value, label]) => new Option(label, value)));
    byId("play").addEventListener("click", () => this.ask({ pause: !this.state.playback.paused }));
    byId("speed").addEventListener("change", () => this.ask({ speed: byId("speed").value === "max" ? "max" : Number(byId("speed").value) }));
    byId("seek").addEventListener("input", () => { this.dragging = true; this.showTime(Number(byId("seek").value)); });
    byId("seek").addEventListener("change", () => { this.dragging = false; this.ask({ seek: Number(byId("seek").value) }); });
  }

  show(state) {
    this.state = state;
    this.byId("clockBar").hidden = state.now === null && state.playback === null;
    this.showClock(state);
    this.showPlayback(state);
  }

  showClock({ now, status, trace }) {
    const { byId } = this;
    if (!now) return;
    // A rig that counts from 1970 is told apart better by its seconds.
    show(byId("rigTime"), now.t > 1e6 ? `${now.t.toFixed(3)} s` : hours(now.t, 3));
    byId("sampleTile").hidden = byId("epochTile").hidden = now.sample === undefined;
    show(byId("sample"), now.sample === undefined ? "–" : now.sample.toLocaleString("en"));
    show(byId("epoch"), String(now.epoch));
    byId("hostTile").hidden = now.hostMs === undefined;
    if (now.hostMs !== undefined) {
      const host = new Date(now.hostMs);
      show(byId("host"), `${host.toLocaleTimeString("en-GB")}.${String(host.getMilliseconds()).padStart(3, "0")} ± ${now.errorMs < 10 ? now.errorMs.toFixed(2) : now.errorMs.toFixed(0)} ms`);
      byId("hostTile").title = `End of the newest bin on the clock of the publishing host, ${host.toISOString()}, and its largest error`;
    }
    const c = status.counters;
    const said = [];
    if (c.bins_missing) said.push(`${c.bins_missing.toLocaleString("en")} in ${c.gaps} ${c.gaps === 1 ? "gap" : "gaps"}`);
    if (c.bins_with_losses) said.push(`${c.bins_with_losses.toLocaleString("en")} in part`);
    show(byId("lost"), said.join(" · ") || "none", said.length ? "warn" : "");
    byId("lostTile").title = ["Bins that never came, and bins for which the rig reports lost messages or samples",
      ...trace.losses.slice(-10).map(([first, last, after, messages]) =>
        `${first === last ? `bin ${first}` : `bins ${first} to ${last}`}, after ${hours(after, 3)}${messages ? `: ${messages} messages or samples` : ": never came"}`)].join("\n");
  }

  showPlayback({ playback, now, header, status, control }) {
    const { byId } = this;
    byId("playback").hidden = !playback;
    if (!playback) { this.pending = null; this.problem = ""; return; }
    const width = header?.binWidth ?? 0.02;
    const over = Boolean(status?.ended);
    const may = control && !over;
    for (const id of ["play", "seek", "speed"]) byId(id).disabled = !may;
    const hint = may ? "" : over ? "the replay is over" : "open the link that kappa printed: it contains the control token";
    byId("playback").title = hint;
    show(byId("play"), playback.paused ? "play" : "pause");
    byId("play").setAttribute("aria-pressed", String(playback.paused));
    byId("looping").hidden = !playback.loop;
    this.showSpeed(String(playback.speed));
    // After a jump that no bin has followed yet, the state knows better than the newest bin.
    const at = now?.sample !== undefined && now.epoch >= playback.epoch ? now.sample : playback.position;
    const seek = byId("seek");
    const [low, high] = [playback.from * width, Math.max(playback.from, playback.until - 1) * width];
    const step = Math.max(width, 10 ** Math.floor(Math.log10((high - low) / 100 || width)));
    for (const [name, value] of [["min", low], ["max", high], ["step", step]]) if (seek[name] !== String(value)) seek[name] = value;
    this.length = playback.bins * width;
    if (!this.dragging && !this.asking) {
      seek.value = at * width;
      this.showTime(at * width);
    }
    if (this.pending && this.pending.state !== playback.state) { this.pending = null; this.problem = ""; }
    if (this.pending && performance.now() - this.pending.since > ANSWER_WITHIN_MS) {
      this.pending = null;
      this.problem = "the replay does not answer: is it still running?";
    }
    show(byId("playbackStatus"), this.problem || (this.pending ? "asked …" : ""), this.problem ? "bad" : "muted");
    byId("playbackStatus").title = this.problem;
  }

  showSpeed(speed) {
    const select = this.byId("speed");
    if (document.activeElement === select && this.pending) return;
    if (!Array.from(select.options).some(({ value }) => value === speed)) select.append(new Option(`${speed}×`, speed));
    if (select.value !== speed) select.value = speed;
  }

  showTime(seconds) {
    show(this.byId("playbackTime"), `${hours(seconds)} / ${hours(this.length)}`);
    this.byId("seek").setAttribute("aria-valuetext", `${hours(seconds)} of ${hours(this.length)}`);
  }

  async ask(wish) {
    this.wish = { ...this.wish, ...wish };
    if (this.asking) return;
    this.asking = true;
    while (this.wish) {
      const body = JSON.stringify({ session: this.state.session, ...this.wish });
      this.wish = null;
      this.problem = "";
      this.pending = { state: this.state.playback?.state, since: performance.now() };
      try {
        const response = await fetch("/controls", { method: "POST", headers: { "Content-Type": "application/json", ...authorization() }, body });
        if (response.status !== 202) { this.problem = (await response.text()).trim(); this.pending = null; }
      } catch (error) {
        this.problem = `kappa does not answer: ${error.message}`;
        this.pending = null;
      }
    }
    this.asking = false;
    if (this.state) this.show(this.state);
  }
}
