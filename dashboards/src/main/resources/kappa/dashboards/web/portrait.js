// The phase portrait on a plain canvas. What only a new analysis changes (axes, flow, fixed points) is drawn once and kept.
import { FONT, SteadyRange, niceStep, palette } from "/theme.js";

const KIND = {
  STABLE_NODE: ["stable", "stable node"], STABLE_FOCUS: ["stable", "stable focus"], SADDLE: ["saddle", "saddle"],
  UNSTABLE_NODE: ["source", "unstable node"], UNSTABLE_FOCUS: ["source", "unstable focus"], CENTRE: ["centre", "centre"],
};
const MARK = { source: "▲", saddle: "✕", stable: "▼", centre: "○" };
const PLURAL = { source: "sources", saddle: "saddles", stable: "stable", centre: "centres" };
const sub = k => "₀₁₂₃₄₅₆₇₈₉"[(k + 1) % 10];
const label = value => String(+value.toPrecision(3)).replace("-", "−");

export class Portrait {
  constructor(canvas, caption) {
    this.canvas = canvas;
    this.caption = caption;
    this.still = document.createElement("canvas");
    this.key = "";
    this.hovered = null;
    this.captioned = "";
    this.ranges = [new SteadyRange(true), new SteadyRange(true)];
    canvas.addEventListener("mousemove", event => this.hover(event.offsetX, event.offsetY));
    canvas.addEventListener("mouseleave", () => { this.hovered = null; this.showCaption(); });
    canvas.addEventListener("touchstart", event => {
      const { left, top } = canvas.getBoundingClientRect();
      this.hover(event.touches[0].clientX - left, event.touches[0].clientY - top);
    }, { passive: true });
  }
  resize() { this.key = ""; }

  draw(state, conditionName, dimensions) {
    const ratio = devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (!width || !height) return;
    for (const each of [this.canvas, this.still]) {
      if (each.width !== Math.round(width * ratio) || each.height !== Math.round(height * ratio)) {
        each.width = Math.round(width * ratio);
        each.height = Math.round(height * ratio);
        this.key = "";
      }
    }
    const rank = state.now.kappa.length;
    const condition = state.analysis?.conditions.find(c => c.input === conditionName) ?? state.analysis?.conditions[0] ?? null;
    if (state.session !== this.session || rank !== this.rank || String(dimensions) !== this.dimensions) {
      this.session = state.session;
      this.rank = rank;
      this.dimensions = String(dimensions);
      this.ranges = [new SteadyRange(true), new SteadyRange(true)];
    }
    const [i, j] = rank === 1 ? [0, 0] : rank === 2 ? [0, 1] : dimensions;
    const axis = condition?.flow?.axis ?? [];
    const covered = k => {
      let low = axis.length ? axis[0] : Infinity;
      let high = axis.length ? axis.at(-1) : -Infinity;
      for (const value of state.trail.kappa[k] ?? []) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
      for (const { orbit } of condition?.cycles ?? []) {
        for (let p = k; p < orbit.length; p += rank) { low = Math.min(low, orbit[p]); high = Math.max(high, orbit[p]); }
      }
      for (const point of condition?.fixedPoints ?? []) { low = Math.min(low, point.kappa[k]); high = Math.max(high, point.kappa[k]); }
      return [low, high];
    };
    const x = this.ranges[0].cover(...covered(i));
    const y = this.ranges[1].cover(...covered(j));
    const key = [palette().name, state.session, state.analysis?.revision, conditionName, i, j, x.low, x.high, y.low, y.high].join(" ");
    if (key !== this.key) {
      this.key = key;
      const still = this.still.getContext("2d");
      still.setTransform(ratio, 0, 0, ratio, 0, 0);
      still.clearRect(0, 0, width, height);
      this.points = [];
      if (rank === 1) this.drawOneDimension(still, condition, x, width, height);
      else this.drawPlane(still, condition, rank, [i, j], x, y, width, height);
      this.count(condition, state.analysis?.tauS, rank);
    }
    const live = this.canvas.getContext("2d");
    live.setTransform(1, 0, 0, 1, 0, 0);
    live.clearRect(0, 0, this.canvas.width, this.canvas.height);
    live.drawImage(this.still, 0, 0);
    live.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (rank === 1) this.drawBall(live, state, condition);
    else this.drawTrail(live, state, i, j);
  }

  // ------------------------------------------------------------------------------------------------------- frames

  axes(g, plot, x, y, nameX, nameY, withXLabels = true) {
    const colours = palette();
    g.font = `11px ${FONT}`;
    g.lineWidth = 1;
    const px = value => plot.left + (value - x.low) / (x.high - x.low) * plot.width;
    const py = value => plot.top + (y.high - value) / (y.high - y.low) * plot.height;
    const ticks = (low, high, room) => {
      const step = niceStep((high - low) / Math.max(2, room / 55));
      const values = [];
      for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) values.push(n * step);
      return values;
    };
    g.textAlign = "center";
    g.textBaseline = "top";
    for (const value of ticks(x.low, x.high, plot.width)) {
      g.strokeStyle = Math.abs(value) < 1e-9 ? colours.line : colours.faint;
      line(g, px(value), plot.top, px(value), plot.top + plot.height);
      g.fillStyle = colours.muted;
      if (withXLabels) g.fillText(label(value), px(value), plot.top + plot.height + 4);
    }
    g.textAlign = "right";
    g.textBaseline = "middle";
    for (const value of ticks(y.low, y.high, plot.height * 1.3)) {
      g.strokeStyle = Math.abs(value) < 1e-9 ? colours.line : colours.faint;
      line(g, plot.left, py(value), plot.left + plot.width, py(value));
      g.fillStyle = colours.muted;
      g.fillText(label(value), plot.left - 5, py(value));
    }
    g.strokeStyle = colours.line;
    g.strokeRect(plot.left, plot.top, plot.width, plot.height);
    g.fillStyle = colours.text;
    g.font = `600 12px ${FONT}`;
    g.textAlign = "center";
    g.textBaseline = "bottom";
    if (nameX) g.fillText(nameX, plot.left + plot.width / 2, plot.top + plot.height + 32);
    g.save();
    g.translate(plot.left - 32, plot.top + plot.height / 2);
    g.rotate(-Math.PI / 2);
    g.fillText(nameY, 0, 0);
    g.restore();
    return { px, py };
  }

  drawPlane(g, condition, rank, [i, j], x, y, width, height) {
    const room = { width: width - 52, height: height - 42 };
    const span = Math.max(x.high - x.low, y.high - y.low);
    const square = ({ low, high }) => ({ low: (low + high - span) / 2, high: (low + high + span) / 2 });
    [x, y] = [square(x), square(y)];
    // Equal scales, or angles and circles would lie.
    const scale = Math.min(room.width / (x.high - x.low), room.height / (y.high - y.low));
    const plot = { width: scale * (x.high - x.low), height: scale * (y.high - y.low), top: 6 };
    plot.left = 44 + (room.width - plot.width) / 2;
    const { px, py } = this.axes(g, plot, x, y, `κ${sub(i)}`, `κ${sub(j)}`);
    this.plane = { plot, px, py, scale };
    if (rank === 2 && condition?.flow) {
      g.save();
      g.beginPath();
      g.rect(plot.left, plot.top, plot.width, plot.height);
      g.clip();
      this.drawFlow(g, condition.flow, px, py, scale);
      this.drawNullclines(g, condition.nullclines, px, py);
      g.restore();
    }
    this.drawCycles(g, condition?.cycles ?? [], plot, rank, [i, j], px, py);
    for (const point of condition?.fixedPoints ?? []) this.mark(g, point, px(point.kappa[i]), py(point.kappa[j]));
    if (!condition) note(g, plot, "flow and fixed points come with the first analysed model");
  }

  drawFlow(g, flow, px, py, scale) {
    const colours = palette();
    const n = flow.axis.length;
    const every = Math.max(1, Math.ceil(n / 19));
    const begin = Math.floor(((n - 1) % every) / 2);
    let fastest = 0;
    for (let a = 0; a < flow.velocity.length; a += 2) fastest = Math.max(fastest, Math.hypot(flow.velocity[a], flow.velocity[a + 1]));
    const cell = every * (flow.axis[1] - flow.axis[0]) * scale;
    g.lineWidth = 1.2;
    g.lineCap = "round";
    for (let iy = begin; iy < n; iy += every) {
      for (let ix = begin; ix < n; ix += every) {
        const dx = flow.velocity[(iy * n + ix) * 2];
        const dy = flow.velocity[(iy * n + ix) * 2 + 1];
        const speed = Math.hypot(dx, dy);
        if (!(speed > 1e-4 * fastest)) continue;
        // The root keeps slow regions, which matter most, readable.
        const relative = Math.sqrt(speed / fastest);
        const length = cell * (0.3 + 0.55 * relative);
        const ux = dx / speed;
        const uy = -dy / speed;
        const x1 = px(flow.axis[ix]) + ux * length / 2;
        const y1 = py(flow.axis[iy]) + uy * length / 2;
        g.globalAlpha = 0.35 + 0.6 * relative;
        g.strokeStyle = colours.arrow;
        g.beginPath();
        g.moveTo(x1 - ux * length, y1 - uy * length);
        g.lineTo(x1, y1);
        const head = Math.min(4.5, length * 0.4);
        g.moveTo(x1 - head * (ux + 0.6 * uy), y1 - head * (uy - 0.6 * ux));
        g.lineTo(x1, y1);
        g.lineTo(x1 - head * (ux - 0.6 * uy), y1 - head * (uy + 0.6 * ux));
        g.stroke();
      }
    }
    g.globalAlpha = 1;
  }

  /** Where one of the two stands still: thin, in that dimension's colour. */
  drawNullclines(g, nullclines, px, py) {
    const colours = palette();
    g.lineWidth = 1;
    g.lineJoin = "round";
    g.globalAlpha = 0.75;
    g.setLineDash([4, 3]);
    for (const { dimension, points } of nullclines) {
      g.strokeStyle = colours.latents[dimension % colours.latents.length];
      polyline(g, points, 2, 0, 1, px, py);
      g.stroke();
    }
    g.setLineDash([]);
    g.globalAlpha = 1;
  }

  /** Closed curves: solid if stable, else dashed. */
  drawCycles(g, cycles, plot, rank, [i, j], px, py) {
    g.save();
    g.beginPath();
    g.rect(plot.left, plot.top, plot.width, plot.height);
    g.clip();
    g.lineJoin = "round";
    for (const { orbit, stable } of cycles) {
      g.strokeStyle = stable ? palette().stable : palette().source;
      g.lineWidth = 2.2;
      g.setLineDash(stable ? [] : [5, 4]);
      polyline(g, orbit, rank, i, j, px, py);
      g.closePath();
      g.stroke();
    }
    g.restore();
  }

  drawOneDimension(g, condition, x, width, height) {
    const flow = condition?.flow;
    const top = { left: 46, top: 6, width: width - 54, height: (height - 58) / 2 };
    const bottom = { ...top, top: top.top + top.height + 14 };
    const range = values => {
      const r = new SteadyRange();
      return r.cover(Math.min(...values), Math.max(...values));
    };
    this.one = null;
    if (!flow) {
      this.axes(g, { ...top, height: height - 44 }, x, { low: -1, high: 1 }, "κ", "F(κ)");
      note(g, { ...top, height: height - 44 }, "F(κ) comes with the first analysed model");
      return;
    }
    const colours = palette();
    const f = this.axes(g, top, x, range(flow.velocity.concat([0])), "", "F(κ)", false);
    const v = this.axes(g, bottom, x, range(flow.potential), "κ", "V(κ)");
    this.one = { flow, f, v, top, bottom };
    g.strokeStyle = colours.muted;
    g.lineWidth = 1;
    line(g, top.left, f.py(0), top.left + top.width, f.py(0));
    g.lineWidth = 2;
    g.strokeStyle = colours.latents[0];
    curve(g, flow.axis, flow.velocity, f);
    curve(g, flow.axis, flow.potential, v);
    for (const point of condition.fixedPoints) {
      this.mark(g, point, f.px(point.kappa[0]), f.py(0));
      this.mark(g, point, v.px(point.kappa[0]), v.py(interpolate(flow.axis, flow.potential, point.kappa[0])), 0.75);
    }
  }

  // --------------------------------------------------------------------------------------------------------- live

  drawTrail(g, state, i, j) {
    const colours = palette();
    const { plot, px, py } = this.plane;
    const { bins, kappa } = state.trail;
    g.save();
    g.beginPath();
    g.rect(plot.left, plot.top, plot.width, plot.height);
    g.clip();
    const starts = new Set(state.trace.starts.map(mark => mark[0]));
    const pieces = 24;
    g.lineWidth = 2;
    g.lineJoin = "round";
    g.strokeStyle = colours.latents[0];
    for (let p = 0; p < pieces; p++) {
      const begin = Math.floor(p * bins.length / pieces);
      const end = Math.min(bins.length - 1, Math.floor((p + 1) * bins.length / pieces));
      g.globalAlpha = 0.06 + 0.94 * ((p + 1) / pieces) ** 2;
      g.beginPath();
      let pen = false;
      for (let t = begin; t <= end; t++) {
        // A new trial begins elsewhere; a line from the old one's end would be no trajectory.
        if (kappa[i][t] === null || (starts.has(bins[t]) && t > begin)) pen = false;
        if (kappa[i][t] === null) continue;
        if (pen) g.lineTo(px(kappa[i][t]), py(kappa[j][t])); else g.moveTo(px(kappa[i][t]), py(kappa[j][t]));
        pen = !(starts.has(bins[t + 1]));
      }
      g.stroke();
    }
    g.globalAlpha = 1;
    const [x, y] = [px(state.now.kappa[i]), py(state.now.kappa[j])];
    const c = (a, b) => state.now.covariance[Math.max(a, b) * (Math.max(a, b) + 1) / 2 + Math.min(a, b)] ?? 0;
    this.ellipse(g, x, y, c(i, i), c(j, j), c(i, j), colours.latents[0]);
    dot(g, x, y, colours.latents[0], colours.card);
    g.restore();
  }

  /** Two standard deviations around the current point. */
  ellipse(g, x, y, xx, yy, xy, colour) {
    const mean = (xx + yy) / 2;
    const spread = Math.sqrt(((xx - yy) / 2) ** 2 + xy ** 2);
    const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
    g.beginPath();
    g.ellipse(x, y, 2 * Math.sqrt(mean + spread) * this.plane.scale, 2 * Math.sqrt(Math.max(0, mean - spread)) * this.plane.scale, -angle, 0, 2 * Math.PI);
    g.globalAlpha = 0.22;
    g.fillStyle = colour;
    g.fill();
    g.globalAlpha = 1;
  }

  drawBall(g, state, condition) {
    if (!this.one || !condition) return;
    const colours = palette();
    const { flow, f, v, top, bottom } = this.one;
    const kappa = state.now.kappa[0];
    const sd = Math.sqrt(state.now.covariance[0] ?? 0);
    g.save();
    g.beginPath();
    g.rect(top.left, top.top, top.width, bottom.top + bottom.height - top.top);
    g.clip();
    g.fillStyle = colours.latents[1];
    g.globalAlpha = 0.15;
    g.fillRect(f.px(kappa - 2 * sd), top.top, f.px(kappa + 2 * sd) - f.px(kappa - 2 * sd), bottom.top + bottom.height - top.top);
    g.globalAlpha = 1;
    g.restore();
    dot(g, f.px(kappa), f.py(interpolate(flow.axis, flow.velocity, kappa)), colours.latents[1], colours.card);
    dot(g, v.px(kappa), v.py(interpolate(flow.axis, flow.potential, kappa)) - 6, colours.latents[1], colours.card);
  }

  // -------------------------------------------------------------------------------------------------------- marks

  mark(g, point, x, y, size = 1) {
    const colours = palette();
    const [kind, name] = KIND[point.type] ?? ["centre", "unknown"];
    this.points.push({ x, y, text: `${MARK[kind]} ${name} at (${point.kappa.map(label).join(", ")}), λ = ${point.re.map((re, k) =>
      label(re) + (Math.abs(point.im[k] ?? 0) > 1e-9 ? (point.im[k] < 0 ? " − " : " + ") + label(Math.abs(point.im[k])) + "i" : "")).join(", ")}` });
    const r = 7 * size;
    const path = () => {
      g.beginPath();
      if (kind === "saddle") {
        g.moveTo(x - r * 0.8, y - r * 0.8); g.lineTo(x + r * 0.8, y + r * 0.8);
        g.moveTo(x + r * 0.8, y - r * 0.8); g.lineTo(x - r * 0.8, y + r * 0.8);
      } else if (kind === "centre") {
        g.arc(x, y, r * 0.8, 0, 2 * Math.PI);
      } else {
        const up = kind === "source" ? 1 : -1;
        g.moveTo(x, y - up * r); g.lineTo(x + r, y + up * r * 0.75); g.lineTo(x - r, y + up * r * 0.75);
        g.closePath();
      }
    };
    g.lineCap = "round";
    g.lineJoin = "round";
    path();
    g.strokeStyle = colours.card;
    g.lineWidth = kind === "saddle" || kind === "centre" ? 6 * size : 4 * size;
    g.stroke();
    path();
    if (kind === "saddle" || kind === "centre") {
      g.strokeStyle = colours.saddle;
      g.lineWidth = 2.6 * size;
      g.stroke();
    } else {
      g.fillStyle = colours[kind];
      g.fill();
    }
  }

  count(condition, tau, rank) {
    const counts = {};
    for (const point of condition?.fixedPoints ?? []) {
      const kind = (KIND[point.type] ?? ["centre"])[0];
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    this.summary = Object.keys(MARK).filter(kind => counts[kind])
      .map(kind => `${MARK[kind]} ${counts[kind]} ${counts[kind] > 1 ? PLURAL[kind] : kind}`)
      // Said of fixed points only, hence before the cycles.
      .concat(condition?.complete ? ["no others"] : [])
      .concat((condition?.cycles ?? []).map(cycle => `${cycle.stable ? "◯" : "◌ unstable"} limit cycle, ${tau ? `period ${label(cycle.period * tau)} s` : `${label(cycle.period)} τ`}`))
      .concat(rank === 2 && condition?.nullclines.length ? ["┄ κ₁ or κ₂ stands still"] : []).join("   ");
    this.showCaption();
  }

  hover(x, y) {
    let nearest = null;
    for (const point of this.points ?? []) {
      const distance = Math.hypot(point.x - x, point.y - y);
      if (distance < 14 && (!nearest || distance < nearest.distance)) nearest = { distance, text: point.text };
    }
    this.hovered = nearest?.text ?? null;
    this.showCaption();
  }

  showCaption() {
    const text = this.hovered ?? this.summary ?? "";
    if (text !== this.captioned) { this.captioned = text; this.caption(text); }
  }
}

function line(g, x1, y1, x2, y2) {
  g.beginPath();
  g.moveTo(x1, y1);
  g.lineTo(x2, y2);
  g.stroke();
}

function curve(g, x, y, { px, py }) {
  g.beginPath();
  x.forEach((value, i) => i ? g.lineTo(px(value), py(y[i])) : g.moveTo(px(value), py(y[i])));
  g.stroke();
}

/** Points lie one after the other, `stride` numbers each. */
function polyline(g, flat, stride, i, j, px, py) {
  g.beginPath();
  for (let p = 0; p + stride <= flat.length; p += stride) {
    if (p) g.lineTo(px(flat[p + i]), py(flat[p + j])); else g.moveTo(px(flat[p + i]), py(flat[p + j]));
  }
}

function dot(g, x, y, fill, edge) {
  g.beginPath();
  g.arc(x, y, 6, 0, 2 * Math.PI);
  g.fillStyle = fill;
  g.fill();
  g.strokeStyle = edge;
  g.lineWidth = 2;
  g.stroke();
}

function note(g, plot, text) {
  g.fillStyle = palette().muted;
  g.font = `12px ${FONT}`;
  g.textAlign = "center";
  g.textBaseline = "top";
  g.fillText(text, plot.left + plot.width / 2, plot.top + 8);
}

/** y at `at` on a curve given on a grid; the nearest end outside it. */
function interpolate(x, y, at) {
  if (!(at > x[0])) return y[0];
  for (let i = 1; i < x.length; i++) {
    if (at <= x[i]) return y[i - 1] + (y[i] - y[i - 1]) * (at - x[i - 1]) / (x[i] - x[i - 1]);
  }
  return y.at(-1);
}
