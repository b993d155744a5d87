// Averages of trials around an event, a raster of the last seconds, and the behaviour.
import { Chart, FIXED, axisStyle, path, scales, scene, stretches, tidy, timeAxis, timeTicks } from "/charts.js";
import { fill, legend, show } from "/mechanism.js";
import { FONT, SteadyRange, niceStep, palette } from "/theme.js";

const SHOWN_DIMENSIONS = 4;
const SPIKES = "spikes per bin";
/** As much of a name as the server takes. */
const LONGEST = 256;
const DASHES = [null, [6, 3], [2, 2]];
const subscript = number => String(number).replace(/\d/g, digit => "₀₁₂₃₄₅₆₇₈₉"[digit]);
const short = (text, most = 40) => text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** How a condition is drawn: colours first, then dashes, since not everybody tells all colours apart. */
const look = (c, colours) => ({ colour: colours.words[c % colours.words.length], dash: DASHES[Math.floor(c / colours.words.length) % DASHES.length] });

/** One small plot for each latent variable, and one for the rate, all over the same time. */
class EventsChart extends Chart {
  draw(events, width, unit) {
    const colours = palette();
    const rank = Math.min(SHOWN_DIMENSIONS, events.conditions[0]?.kappa.length ?? 0);
    const rated = events.conditions.some(({ rate }) => rate.some(value => value !== null));
    const rows = [...Array.from({ length: rank }, (unused, k) => ({ name: `κ${subscript(k + 1)}`, of: condition => condition.kappa[k] })),
      ...(rated ? [{ name: unit, of: condition => condition.rate, spikes: unit === SPIKES }] : [])];
    const bins = events.conditions[0]?.rate.length ?? 0;
    const at = i => (events.from + i) * width;
    const x = { low: at(0), high: at(Math.max(1, bins - 1)) };
    const ranges = rows.map(row => {
      let [low, high] = row.spikes ? [0, 0.1] : [Infinity, -Infinity];
      for (const condition of events.conditions) for (const value of row.of(condition) ?? []) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
      const range = new SteadyRange().cover(low, high);
      return row.spikes ? { low: 0, high: range.high } : range;
    });
    this.drawn = { colours, events, rows, ranges, x, times: Array.from({ length: bins }, (unused, i) => at(i)) };
    this.set([...rows.map(({ name }) => name), x.low, x.high, events.event, this.element.clientWidth, this.element.clientHeight].join("\n"), () => this.frame(colours, rows, x, events), {
      yAxis: ranges.map(({ low, high }) => ({ min: low, max: high, interval: (high - low) / 2 })), series: rows.map((unused, r) => ({ id: `row${r}`, data: [0] })),
    });
  }

  frame(colours, rows, x, events) {
    const style = axisStyle(colours);
    const height = (this.element.clientHeight - 38) / Math.max(1, rows.length);
    return {
      animation: false, backgroundColor: "transparent",
      grid: rows.map((unused, r) => ({ ...FIXED, left: 62, right: 14, top: 6 + r * height, height: Math.max(8, height - 8) })),
      xAxis: rows.map((unused, r) => ({
        type: "value", gridIndex: r, ...style, min: x.low, max: x.high, interval: niceStep((x.high - x.low) / 8), splitLine: { show: false },
        ...(r === rows.length - 1 ? { name: `seconds from the ${events.event === "trial" ? "trial's start" : events.event}`, nameLocation: "middle", nameGap: 20, axisLabel: { ...style.axisLabel, showMinLabel: false, showMaxLabel: false } } : { axisLabel: { show: false }, axisTick: { show: false } }),
      })),
      yAxis: rows.map(({ name }, r) => ({ type: "value", gridIndex: r, ...style, axisLine: { show: false }, axisTick: { show: false }, name: short(name, 20), nameLocation: "middle", nameGap: 44 })),
      series: rows.map((unused, r) => scene(`row${r}`, r, params => this.render(params, r))),
    };
  }

  render(params, r) {
    const { colours, events, rows, ranges, x, times } = this.drawn;
    const area = params.coordSys;
    const scale = scales(area, x, ranges[r]);
    const zero = Math.round(scale.px(0)) + 0.5;
    const children = [{ type: "line", silent: true, shape: { x1: zero, y1: area.y, x2: zero, y2: area.y + area.height }, style: { stroke: colours.muted, lineWidth: 1, lineDash: [3, 3] } }];
    events.conditions.forEach((condition, c) => {
      const { colour, dash } = look(c, colours);
      for (const points of stretches(times, rows[r].of(condition) ?? [], scale)) {
        const line = path(points, colour, 1.7);
        line.style.lineDash = dash;
        children.push(line);
      }
    });
    return { type: "group", children };
  }
}

/** Each row a neuron, each column a bin. */
class Raster {
  constructor(canvas) { this.canvas = canvas; this.drawn = null; }
  resize() { if (this.drawn) this.draw(...this.drawn); }

  draw(raster, state) {
    this.drawn = [raster, state];
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const colours = palette();
    const on = canvas.getContext("2d");
    on.scale(scale, scale);
    const area = { x: 54, y: 4, width: width - 66, height: height - 34 };
    const bins = raster.rows[0]?.length ?? 0;
    const counts = state.header?.observation === "counts";
    const [column, row] = [area.width / Math.max(1, bins), area.height / Math.max(1, raster.rows.length)];
    on.fillStyle = colours.text;
    raster.rows.forEach((text, r) => {
      for (let t = 0; t < text.length; t++) {
        const level = text.charCodeAt(t) - 48; // a dot is below 0
        if (level <= 0) continue;
        on.globalAlpha = counts ? Math.min(1, 0.55 + 0.15 * level) : level / 9;
        on.fillRect(area.x + t * column, area.y + r * row + 0.1 * row, Math.max(1, column * (counts ? 0.8 : 1)), Math.max(0.8, 0.8 * row));
      }
    });
    on.globalAlpha = 1;
    on.fillStyle = colours.muted;
    on.font = `11px ${FONT}`;
    on.textAlign = "center";
    const binWidth = state.header?.binWidth ?? 0.02;
    const step = niceStep(bins * binWidth / 5);
    for (let back = 0; back <= bins * binWidth + 1e-9; back += step) on.fillText(back ? `−${tidy(back)}` : "now", area.x + area.width - back / binWidth * column, height - 18);
    on.fillText("seconds", area.x + area.width / 2, height - 4);
    on.save();
    on.translate(12, area.y + area.height / 2);
    on.rotate(-Math.PI / 2);
    on.fillText(`${raster.rows.length} neurons`, 0, 0);
    on.restore();
    on.textAlign = "right";
    const every = Math.max(1, Math.ceil(14 / row));
    raster.ids.forEach((id, r) => { if (r % every === 0) on.fillText(id.length > 6 ? `…${id.slice(-5)}` : id, area.x - 4, area.y + r * row + Math.min(10, row)); });
  }
}

/** Channels of behaviour, one below the other, over the page's time axis. */
class BehaviorChart extends Chart {
  draw(state) {
    const colours = palette();
    const time = timeAxis(state);
    const names = state.header?.behaviors ?? [];
    const { bins, behavior } = state.trace;
    this.ranges ??= new Map();
    const ranges = behavior.map((series, b) => {
      let [low, high] = [Infinity, -Infinity];
      for (const value of series) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
      const key = `${state.session} ${b}`;
      if (!this.ranges.has(key)) this.ranges.set(key, new SteadyRange());
      return this.ranges.get(key).cover(low, high);
    });
    if (this.ranges.size > 64) this.ranges.clear();
    this.drawn = { colours, time, x: bins.map(time.at), behavior, ranges };
    const ticks = timeTicks(time.low, time.high, 6);
    this.set([...names, time.name, this.element.clientWidth, this.element.clientHeight].join("\n"), () => this.frame(colours, names, behavior.length, time.name), {
      xAxis: behavior.map(() => ticks), yAxis: ranges.map(({ low, high }) => ({ min: low, max: high, interval: (high - low) / 2 })),
      series: behavior.map((unused, b) => ({ id: `behavior${b}`, data: [0] })),
    });
  }

  frame(colours, names, count, timeName) {
    const style = axisStyle(colours);
    const height = (this.element.clientHeight - 36) / Math.max(1, count);
    return {
      animation: false, backgroundColor: "transparent",
      grid: Array.from({ length: count }, (unused, b) => ({ ...FIXED, left: 54, right: 12, top: b * height + 18, height: Math.max(8, height - 24) })),
      graphic: Array.from({ length: count }, (unused, b) => ({ type: "text", left: 58, top: b * height + 2, silent: true, style: { text: short(names[b] ?? `channel ${b + 1}`), fill: colours.text, font: `600 11px ${FONT}` } })),
      xAxis: Array.from({ length: count }, (unused, b) => ({
        type: "value", gridIndex: b, ...style, splitLine: { show: false }, ...(b === count - 1 ? { name: timeName, nameLocation: "middle", nameGap: 18 } : { axisLabel: { show: false }, axisTick: { show: false } }),
      })),
      yAxis: Array.from({ length: count }, (unused, b) => ({ type: "value", gridIndex: b, ...style, axisLine: { show: false }, axisTick: { show: false } })),
      series: Array.from({ length: count }, (unused, b) => scene(`behavior${b}`, b, params => {
        const { x, behavior, ranges, time } = this.drawn;
        const scale = scales(params.coordSys, time, ranges[b]);
        return { type: "group", children: stretches(x, behavior[b], scale).map(points => path(points, this.drawn.colours.latents[b % colours.latents.length], 1.5)) };
      })),
    };
  }
}

export class TrialsView {
  /** @param chosen is called when another event or another neuron is to be shown */
  constructor(byId, chosen) {
    this.byId = byId;
    this.events = new EventsChart(byId("events"));
    this.raster = new Raster(byId("raster"));
    this.behavior = new BehaviorChart(byId("behavior"));
    byId("event").addEventListener("change", () => { byId("event").blur(); chosen(); });
    byId("rateOf").addEventListener("change", chosen);
  }
  charts() { return { events: this.events, behavior: this.behavior }; }
  resize() { this.events.resize(); this.raster.resize(); this.behavior.resize(); }
  /** What the page asks for: an event, and whose rate. */
  question() { return { events: this.byId("event").value.slice(0, LONGEST), of: this.byId("rateOf").value.trim().slice(0, LONGEST) }; }

  draw(state, what) {
    const { byId } = this;
    if (what.events) this.drawEvents(state);
    if (what.raster) {
      byId("rasterNothing").hidden = Boolean(state.raster?.rows.length);
      byId("raster").hidden = !state.raster?.rows.length;
      if (state.raster?.rows.length) this.raster.draw(state.raster, state);
    }
    if (what.trace) {
      const some = state.trace.behavior.length > 0;
      byId("behaviorNothing").hidden = some;
      byId("behavior").hidden = !some;
      if (some) this.behavior.draw(state);
    }
  }

  drawEvents({ events, header, analysis }) {
    const { byId } = this;
    fill(byId("event"), (events?.events ?? []).map(event => [event, event === "trial" ? "trial start" : event]));
    byId("event").hidden = !events?.events.length;
    const populations = (analysis?.populations?.list ?? []).map(({ name }) => name);
    const ids = [...populations, ...header?.examples ?? []];
    if (byId("rateIds").dataset.entries !== ids.join("\n")) {
      byId("rateIds").replaceChildren(...ids.map(id => new Option(id)));
      byId("rateIds").dataset.entries = ids.join("\n");
    }
    const some = Boolean(events?.conditions.length);
    byId("eventsNothing").hidden = some;
    byId("events").hidden = !some;
    show(byId("eventsNothing"), !events ? "No average yet. It needs one whole trial." : !events.events.length ? "This session has no trials, so there is nothing to align to."
      : events.leftOut && !events.trials ? "Neurons were silenced in all trials that are kept, and these are left out." : "The event does not occur in the trials that are kept.");
    show(byId("eventsOf"), some ? `${events.trials} trials${events.leftOut ? `, ${events.leftOut} with silenced neurons left out` : ""}, rate of ${short(events.of, 30)}` : "");
    const asked = byId("rateOf").value.trim();
    show(byId("eventsUnknown"), events && asked && events.of !== asked ? `Nothing is called ${short(asked)}. ${short(events.of)} is shown.` : "");
    const colours = palette();
    byId("eventsLegend").replaceChildren(...some ? legend(events.conditions.map(({ name, trials }, c) => [`${name} · ${trials}`, look(c, colours).colour, ["━", "╍", "┅"][Math.floor(c / colours.words.length) % 3]])) : []);
    if (some) this.events.draw(events, header?.binWidth ?? 0.02, header?.observation === "counts" ? SPIKES : header?.observation ?? "activity");
  }
}
