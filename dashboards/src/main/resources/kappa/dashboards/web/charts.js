// The charts over time, drawn with ECharts, without animation: kappa and inputs, activity, quality.
import { FONT, SteadyRange, niceStep, palette } from "/theme.js";

// Without bounds of its own a grid would move to make room for its labels, and time would not line up any more.
export const FIXED = { outerBoundsMode: "none" };
/** Inputs differ in their dashes, too, since not everybody tells their colours apart. */
const DASHES = [{ lengths: null, mark: "━" }, { lengths: [7, 3], mark: "╍" }, { lengths: [2, 2], mark: "┅" }, { lengths: [9, 3, 2, 3], mark: "┉" }];
const GRID = { ...FIXED, left: 54, right: 12 };
export const NONE = { silent: true, animation: false, showSymbol: false, symbol: "none", emphasis: { disabled: true } };

export class Chart {
  constructor(element) {
    this.element = element;
    this.chart = null;
    this.layout = "";
  }
  open() {
    this.chart ??= echarts.init(this.element, null, { renderer: "canvas" });
    return this.chart;
  }
  resize() { if (this.chart) { this.chart.resize(); this.layout = ""; } }
  /** The parts that change rarely are set when `key` changes, everything else with each frame. */
  set(key, build, update) {
    const chart = this.open();
    // It may have been hidden, and so without a size, when the window's was last asked for.
    if (chart.getWidth() !== this.element.clientWidth || chart.getHeight() !== this.element.clientHeight) { chart.resize(); this.layout = ""; }
    const layout = `${palette().name} ${key}`;
    if (layout !== this.layout) {
      chart.setOption(build(), { notMerge: true });
      this.layout = layout;
    }
    chart.setOption(update);
  }
}

/** Rig time of a bin, in seconds, such that the newest bin stands at the time its rig gave it. */
export function timeAxis(state) {
  const width = state.header?.binWidth ?? 0.02;
  // A rig whose clock counts from 1970 would fill the axis with digits.
  const base = state.now.t > 1e5 ? Math.floor(state.now.t / 1000) * 1000 : 0;
  const offset = state.now.t - base - state.now.bin * width;
  // A young session fills the axis; it need not wait for the window to be full.
  const bins = Math.min(state.windowBins, Math.max(50, state.now.bin - (state.trace.bins[0] ?? state.now.bin) + 1));
  return {
    width, at: bin => bin * width + offset, low: (state.now.bin - bins + 1) * width + offset,
    high: state.now.bin * width + offset, name: base ? `rig time − ${base.toLocaleString("en")} s (s)` : "rig time (s)",
  };
}

/** ECharts gives axes and layout; curves go to it as finished paths, since its own series cost ten times as much a frame. */
export const scene = (id, grid, renderItem) => ({ id, type: "custom", ...NONE, xAxisIndex: grid, yAxisIndex: grid, clip: true, renderItem, data: [0] });

/** Pixels of a value on each axis of a grid. */
export function scales(area, x, y) {
  const a = area.width / (x.high - x.low);
  const b = area.height / (y.high - y.low);
  return { px: value => area.x + (value - x.low) * a, py: value => area.y + (y.high - value) * b };
}

/** The stretches of a curve between its holes, as pixel points; with `width`, a step that long before each point. */
export function stretches(x, y, { px, py }, width = 0) {
  const all = [];
  let points = [];
  for (let i = 0; i <= y.length; i++) {
    if (i === y.length || y[i] === null) {
      if (points.length > 1) all.push(points);
      points = [];
    } else if (width) {
      const height = py(y[i]);
      points.push([px(x[i] - width), height], [px(x[i]), height]);
    } else {
      points.push([px(x[i]), py(y[i])]);
    }
  }
  return all;
}

export const path = (points, stroke, lineWidth, opacity = 1) => ({
  type: "polyline", silent: true, shape: { points }, style: { stroke, lineWidth, lineJoin: "round", opacity, fill: null },
});
export const tidy = value => String(+value.toPrecision(6)).replace("-", "−");

export function axisStyle(colours) {
  return {
    axisLine: { lineStyle: { color: colours.line } }, axisTick: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.muted, fontFamily: FONT, fontSize: 11, hideOverlap: true, formatter: tidy },
    nameTextStyle: { color: colours.muted, fontFamily: FONT, fontSize: 11 },
    splitLine: { lineStyle: { color: colours.faint } },
  };
}

/** Ticks at round numbers, which move with the data. */
export function timeTicks(low, high, count) {
  const step = niceStep((high - low) / count);
  const customValues = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) customValues.push(n * step);
  return { min: low, max: high, axisLabel: { customValues }, axisTick: { customValues } };
}

export class TraceChart extends Chart {
  constructor(element) {
    super(element);
    this.range = new SteadyRange();
    this.inputRange = new SteadyRange();
  }
  /** While another view shows, the width it had. */
  plotWidth() {
    if (this.element.clientWidth > 0) this.width = Math.max(100, this.element.clientWidth - 66);
    return this.width ?? 700;
  }

  draw(state, reset) {
    if (reset) { this.range = new SteadyRange(); this.inputRange = new SteadyRange(); }
    const colours = palette();
    const time = timeAxis(state);
    const { trace } = state;
    const x = trace.bins.map(time.at);
    const rank = trace.kappa.length;
    const channels = trace.inputs.length;
    let low = Infinity;
    let high = -Infinity;
    for (const series of trace.kappa) for (const y of series) if (y !== null) { if (y < low) low = y; if (y > high) high = y; }
    // Before anything is learned the band can be wider than all else: it may claim as much room again, not more.
    const room = Math.max(high - low, 0.2);
    let bandLow = low;
    let bandHigh = high;
    trace.kappa.forEach((series, k) => series.forEach((y, i) => {
      if (y !== null && trace.sd[k][i] !== null) {
        bandLow = Math.min(bandLow, y - 2 * trace.sd[k][i]);
        bandHigh = Math.max(bandHigh, y + 2 * trace.sd[k][i]);
      }
    }));
    const y = this.range.cover(Math.max(bandLow, low - room / 2), Math.min(bandHigh, high + room / 2));
    let inputLow = 0;
    let inputHigh = 0;
    for (const series of trace.inputs) for (const u of series) if (u !== null) { if (u < inputLow) inputLow = u; if (u > inputHigh) inputHigh = u; }
    const inputRange = this.inputRange.cover(inputLow, inputHigh);
    this.drawn = { colours, time, x, y, inputRange, trace, phases: state.header?.phases ?? [], notes: state.notes };
    const ticks = timeTicks(time.low, time.high, 10);
    const names = state.header?.inputs ?? [];
    this.set([...names, "", ...this.drawn.phases, channels, time.name, this.element.clientWidth, this.element.clientHeight].join("\n"),
      () => this.frame(colours, channels, names, this.drawn.phases, time.name), {
        xAxis: channels ? [{ min: ticks.min, max: ticks.max }, ticks] : [ticks],
        yAxis: [{ min: y.low, max: y.high, interval: niceStep((y.high - y.low) / 6) },
          ...(channels ? [{ min: inputRange.low, max: inputRange.high, interval: (inputRange.high - inputRange.low) / 2 }] : [])],
        series: [{ id: "kappa", data: [0] }, ...(channels ? [{ id: "inputs", data: [0] }] : [])],
      });
  }

  frame(colours, channels, names, phases, timeName) {
    const style = axisStyle(colours);
    const height = this.element.clientHeight;
    const inputHeight = channels ? Math.round(Math.max(48, height * 0.2)) : 0;
    const kappaHeight = height - 8 - 34 - (channels ? inputHeight + 24 : 0);
    const xAxis = { type: "value", ...style, splitLine: { show: false } };
    const bottomX = { ...xAxis, name: timeName, nameLocation: "middle", nameGap: 20 };
    const hiddenX = { ...xAxis, axisLabel: { show: false }, axisTick: { show: false } };
    const yAxis = name => ({ type: "value", ...style, axisLine: { show: false }, axisTick: { show: false }, name, nameLocation: "middle", nameGap: 36 });
    const series = [scene("kappa", 0, (params, api) => this.renderKappa(params, api))];
    if (channels) series.push(scene("inputs", 1, params => this.renderInputs(params)));
    // The channels' names, in their colours, above the strip.
    const width = this.element.clientWidth - 72;
    const shortened = names.slice(0, 8).map((name, s) => `${DASHES[s % DASHES.length].mark} ${name.length > 16 ? `${name.slice(0, 15)}…` : name}`);
    const room = texts => texts.reduce((sum, text) => sum + 7 * text.length + 14, 0);
    while (shortened.length && room(shortened) > width) shortened.pop();
    // The bands are named in the plot where they are wide enough; their legend gives way to that of the inputs.
    const phaseNames = room(shortened) + room(phases.slice(0, 6)) + 22 * phases.length > width ? [] : phases.slice(0, 6);
    const phaseLegend = phaseNames.map((name, p) => ({
      type: "text", right: 14 + phaseNames.slice(p + 1).reduce((sum, n) => sum + 6.5 * n.length + 22, 0), top: 8 + kappaHeight + 8, silent: true,
      style: { text: `▬ ${name}`, fill: colours.phases[p % colours.phases.length], font: `11px ${FONT}` },
    }));
    const legend = shortened.map((text, s) => ({
      type: "text", left: 58 + room(shortened.slice(0, s)), top: 8 + kappaHeight + 8, silent: true,
      style: { text, fill: colours.inputs[s % colours.inputs.length], font: `600 11px ${FONT}` },
    }));
    return {
      animation: false, backgroundColor: "transparent", graphic: channels ? [...legend, ...phaseLegend] : [],
      grid: channels ? [{ ...GRID, top: 8, height: kappaHeight }, { ...GRID, top: 8 + kappaHeight + 24, height: inputHeight }]
        : [{ ...GRID, top: 8, height: kappaHeight }],
      xAxis: channels ? [{ ...hiddenX, gridIndex: 0 }, { ...bottomX, gridIndex: 1 }] : [bottomX],
      yAxis: channels ? [{ ...yAxis("κ"), gridIndex: 0 }, { ...yAxis("input"), gridIndex: 1 }] : [yAxis("κ")],
      series,
    };
  }

  renderKappa(params) {
    const { colours, time, x, y, trace } = this.drawn;
    const area = params.coordSys;
    const scale = scales(area, time, y);
    const children = this.marks(area);
    const colour = k => colours.latents[k % colours.latents.length];
    trace.kappa.forEach((values, k) => {
      const edge = sign => stretches(x, values.map((value, i) => value === null || trace.sd[k][i] === null ? null : value + sign * 2 * trace.sd[k][i]), scale);
      const lower = edge(-1);
      edge(1).forEach((upper, i) => children.push({
        type: "polygon", silent: true, shape: { points: upper.concat(lower[i].reverse()) }, style: { fill: colour(k), opacity: 0.2 },
      }));
    });
    trace.kappa.forEach((values, k) => stretches(x, values, scale).forEach(points => children.push(path(points, colour(k), 1.8))));
    return { type: "group", children };
  }

  renderInputs(params) {
    const { colours, time, x, inputRange, trace } = this.drawn;
    const scale = scales(params.coordSys, time, inputRange);
    return {
      type: "group", children: trace.inputs.flatMap((values, s) =>
        stretches(x, values, scale, time.width).map(points => {
          const line = path(points, colours.inputs[s % colours.inputs.length], 1.3);
          line.style.lineDash = DASHES[s % DASHES.length].lengths;
          return line;
        })),
    };
  }

  /**
   * Phases as shades with a coloured edge, trial starts as dashed lines, silenced bins as shades with an edge below; lost bins as
   * shades with an edge above, and epochs as lines: left of one, the axis goes on as if the rig's clock had not jumped.
   */
  marks(area) {
    const { colours, time, trace: { starts, phases, silenced, epochs, losses }, phases: names, notes } = this.drawn;
    const pixel = bin => area.x + (time.at(bin) - time.width - time.low) / (time.high - time.low) * area.width;
    const children = [];
    phases.forEach(([bin, phase], i) => {
      if (phase === 0) return;
      const left = Math.max(area.x, pixel(bin));
      const right = Math.min(area.x + area.width, i + 1 < phases.length ? pixel(phases[i + 1][0]) : area.x + area.width);
      if (right <= left) return;
      const fill = colours.phases[(phase - 1) % colours.phases.length];
      children.push({ type: "rect", shape: { x: left, y: area.y, width: right - left, height: area.height }, style: { fill, opacity: 0.07 } },
        { type: "rect", shape: { x: left, y: area.y, width: right - left, height: 3 }, style: { fill, opacity: 0.8 } });
      const name = names[phase - 1] ?? `phase ${phase}`;
      if (right - left > 6.5 * name.length + 8) {
        children.push({ type: "text", style: { x: left + 4, y: area.y + 6, text: name, fill: colours.muted, font: `11px ${FONT}` } });
      }
    });
    silenced.forEach(([bin, neurons], i) => {
      if (neurons === 0) return;
      const left = Math.max(area.x, pixel(bin));
      const right = Math.min(area.x + area.width, i + 1 < silenced.length ? pixel(silenced[i + 1][0]) : area.x + area.width);
      if (right <= left) return;
      const fill = colours.silenced;
      children.push({ type: "rect", shape: { x: left, y: area.y, width: right - left, height: area.height }, style: { fill, opacity: 0.09 } },
        { type: "rect", shape: { x: left, y: area.y + area.height - 4, width: right - left, height: 4 }, style: { fill, opacity: 0.85 } });
      const text = `${neurons} silenced`;
      if (right - left > 6.2 * text.length + 8) {
        children.push({ type: "text", style: { x: left + 4, y: area.y + area.height - 28, text, fill, font: `600 11px ${FONT}` } });
      }
    });
    for (const [first, last, , messages] of losses) {
      const left = Math.max(area.x, pixel(first));
      const right = Math.min(area.x + area.width, Math.max(pixel(last + 1), left + 2));
      if (right <= left) continue;
      const fill = colours.lost;
      children.push({ type: "rect", shape: { x: left, y: area.y, width: right - left, height: area.height }, style: { fill, opacity: 0.2 } },
        { type: "rect", shape: { x: left, y: area.y, width: right - left, height: 4 }, style: { fill, opacity: 0.9 } });
      const text = `${last - first + 1} ${messages ? "with losses" : "lost"}`;
      if (right - left > 6.2 * text.length + 8) {
        children.push({ type: "text", style: { x: left + 4, y: area.y + 20, text, fill, font: `600 11px ${FONT}` } });
      }
    }
    for (const [bin, epoch] of epochs) {
      const x = Math.round(pixel(bin)) + 0.5;
      if (x < area.x) continue;
      children.push({
        type: "line", shape: { x1: x, y1: area.y, x2: x, y2: area.y + area.height }, style: { stroke: colours.lost, lineWidth: 1.5 },
      });
      const text = `epoch ${epoch}`;
      if (x + 6.2 * text.length < area.x + area.width) {
        children.push({ type: "text", style: { x: x + 4, y: area.y + 34, text, fill: colours.lost, font: `600 11px ${FONT}` } });
      }
    }
    let noted = -Infinity;
    for (const { bin, text, ofRig } of notes) {
      const x = Math.round(pixel(bin + 1)) + 0.5;
      if (x < area.x || x > area.x + area.width) continue;
      const fill = ofRig ? colours.lost : colours.words[3];
      children.push({ type: "line", shape: { x1: x, y1: area.y, x2: x, y2: area.y + area.height }, style: { stroke: fill, lineWidth: 1.5, lineDash: [6, 2] } });
      const said = `✎ ${ofRig ? "rig: " : ""}${text}`;
      const label = said.length > 28 ? `${said.slice(0, 27)}…` : said;
      const right = x + 6.4 * label.length < area.x + area.width;
      const left = right ? x + 4 : x - 4 - 6.4 * label.length;
      if (left > noted) {
        children.push({ type: "text", style: { x: right ? x + 4 : x - 4, y: area.y + 48, text: label, align: right ? "left" : "right", fill, font: `600 11px ${FONT}` } });
        noted = left + 6.4 * label.length + 8;
      }
    }
    let labelled = -Infinity;
    for (const [bin, trial] of starts) {
      const x = Math.round(pixel(bin)) + 0.5;
      if (x < area.x) continue;
      children.push({
        type: "line", shape: { x1: x, y1: area.y, x2: x, y2: area.y + area.height },
        style: { stroke: colours.muted, lineWidth: 1, lineDash: [3, 3], opacity: 0.55 },
      });
      const text = `trial ${trial}`;
      if (x - labelled > 6 * text.length + 14 && x + 6 * text.length < area.x + area.width) {
        children.push({ type: "text", style: { x: x + 4, y: area.y + area.height - 16, text, fill: colours.muted, font: `11px ${FONT}` } });
        labelled = x;
      }
    }
    return children;
  }
}

export class ActivityChart extends Chart {
  constructor(element) {
    super(element);
    this.ranges = new Map();
  }

  draw(state) {
    const colours = palette();
    const time = timeAxis(state);
    const { neurons } = state;
    const counts = state.header?.observation === "counts";
    const x = neurons.bins.map(time.at);
    const ticks = timeTicks(time.low, time.high, neurons.ids.length > 1 ? 5 : 10);
    const ranges = neurons.ids.map((id, i) => {
      let low = counts ? 0 : Infinity;
      let high = -Infinity;
      for (const series of [neurons.observed[i], neurons.predicted[i]]) {
        for (const y of series ?? []) if (y !== null) { if (y < low) low = y; if (y > high) high = y; }
      }
      if (!this.ranges.has(id)) this.ranges.set(id, new SteadyRange());
      const range = this.ranges.get(id).cover(low, high);
      // Half a spike is no tick.
      return { low: counts ? 0 : range.low, high: counts ? 2 * Math.max(1, Math.ceil(range.high / 2 - 1e-9)) : range.high };
    });
    this.drawn = { colours, time, x, neurons, ranges, counts };
    this.set(`${neurons.ids.join("\n")} ${counts} ${this.element.clientWidth} ${this.element.clientHeight}`,
      () => this.frame(colours, neurons.ids, time.name), {
        xAxis: neurons.ids.map(() => ticks),
        yAxis: ranges.map(({ low, high }) => ({ min: low, max: high, interval: (high - low) / 2 })),
        series: neurons.ids.map((id, i) => ({ id: `neuron${i}`, data: [0] })),
      });
  }

  frame(colours, ids, timeName) {
    const style = axisStyle(colours);
    const columns = ids.length > 1 ? 2 : 1;
    const rows = Math.max(1, Math.ceil(ids.length / columns));
    const width = this.element.clientWidth;
    const height = (this.element.clientHeight - 36) / rows;
    const cell = i => ({ column: i % columns, row: Math.floor(i / columns) });
    return {
      animation: false, backgroundColor: "transparent",
      grid: ids.map((id, i) => ({
        ...FIXED, left: 40 + cell(i).column * width / columns, width: width / columns - 52, top: cell(i).row * height + 20, height: Math.max(8, height - 26),
      })),
      graphic: ids.map((id, i) => ({
        type: "text", left: 42 + cell(i).column * width / columns, top: cell(i).row * height + 4, silent: true,
        style: { text: id.length > 40 ? `${id.slice(0, 39)}…` : id, fill: colours.text, font: `600 11px ${FONT}` },
      })),
      xAxis: ids.map((id, i) => {
        const last = i + columns >= ids.length;
        return {
          type: "value", gridIndex: i, ...style, splitLine: { show: false },
          ...(last ? { name: timeName, nameLocation: "middle", nameGap: 18 } : { axisLabel: { show: false }, axisTick: { show: false } }),
        };
      }),
      yAxis: ids.map((id, i) => ({ type: "value", gridIndex: i, ...style, axisLine: { show: false }, axisTick: { show: false } })),
      series: ids.map((id, i) => scene(`neuron${i}`, i, params => this.renderNeuron(params, i))),
    };
  }

  renderNeuron(params, i) {
    const { colours, time, x, neurons, ranges, counts } = this.drawn;
    const scale = scales(params.coordSys, time, ranges[i]);
    const children = [];
    for (const points of stretches(x, neurons.observed[i], scale, counts ? time.width : 0)) {
      if (counts) {
        const floor = scale.py(0);
        children.push({
          type: "polygon", silent: true, shape: { points: [[points[0][0], floor], ...points, [points.at(-1)[0], floor]] },
          style: { fill: colours.observed, stroke: colours.observed, lineWidth: 0.7, opacity: 0.75 },
        });
      } else {
        children.push(path(points, colours.observed, 1.2));
      }
    }
    for (const points of stretches(x, neurons.predicted[i], scale)) children.push(path(points, colours.latents[0], 1.7));
    return { type: "group", children };
  }
}

const SMOOTHED_TRIALS = 20;

export class QualityChart extends Chart {
  /** @param show is given the legend's elements */
  draw(quality, show) {
    const colours = palette();
    const numbered = values => values.map((value, i) => [quality.before + i + 1, value]).filter(point => point[1] !== null);
    const oneStep = numbered(quality.oneStep);
    const freeRun = numbered(quality.freeRun);
    const hasFree = freeRun.length > 0;
    const unit = quality.unit === "bits/spike" ? "bits per spike" : "R²";
    // First trials can score far below everything after them; the axis shows the later ones and keeps zero in sight.
    const settled = oneStep.concat(freeRun).map(point => point[1]).sort((a, b) => a - b);
    const low = settled[Math.floor(settled.length * 0.05)] ?? 0;
    const high = settled.at(-1) ?? 1;
    const range = new SteadyRange().cover(Math.min(0, low), Math.max(high, 0.01));
    if (low >= 0) range.low = 0;
    const last = Math.max(oneStep.at(-1)?.[0] ?? 0, freeRun.at(-1)?.[0] ?? 0, quality.before + 10);
    const smooth = (points, name) => ({ id: name, data: rolling(points) });
    this.set(`${unit} ${hasFree}`, () => this.frame(colours, unit, hasFree), {
      xAxis: [{ min: quality.before + 1, max: last }],
      yAxis: [{ min: range.low, max: range.high, interval: niceStep((range.high - range.low) / 5) }],
      series: [{ id: "oneStep", data: oneStep }, smooth(oneStep, "oneStepMean"),
        ...(hasFree ? [{ id: "freeRun", data: freeRun }, smooth(freeRun, "freeRunMean")] : [])],
    });
    const entry = (name, points, colour) => {
      const item = document.createElement("span");
      const label = document.createElement("b");
      label.textContent = `${name} `;
      label.style.color = colour;
      item.append(label, points.length ? rolling(points).at(-1)[1].toFixed(3).replace("-", "−") : "–");
      item.title = `mean of the last ${Math.min(SMOOTHED_TRIALS, points.length)} trials`;
      return item;
    };
    show([entry("one step", oneStep, colours.words[0]), ...(hasFree ? [entry("free run", freeRun, colours.words[1])] : [])],
      oneStep.length ? rolling(oneStep).at(-1)[1] : undefined, quality.unit);
  }

  frame(colours, unit, hasFree) {
    const style = axisStyle(colours);
    const dots = (id, colour) => ({
      id, type: "scatter", silent: true, animation: false, symbol: "circle", symbolSize: 4, itemStyle: { color: colour, opacity: 0.4 }, data: [], clip: true,
      large: true, largeThreshold: 500,
    });
    const line = (id, colour) => ({ id, type: "line", ...NONE, z: 3, lineStyle: { color: colour, width: 1.8 }, data: [] });
    return {
      animation: false, backgroundColor: "transparent", grid: { ...GRID, top: 8, bottom: 34 },
      xAxis: [{ type: "value", ...style, splitLine: { show: false }, minInterval: 1, name: "trial", nameLocation: "middle", nameGap: 20 }],
      yAxis: [{ type: "value", ...style, axisLine: { show: false }, axisTick: { show: false }, name: unit, nameLocation: "middle", nameGap: 36 }],
      series: [{
        ...dots("oneStep", colours.latents[0]),
        markLine: { silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { color: colours.muted, type: "solid", width: 1, opacity: 0.6 }, data: [{ yAxis: 0 }] },
      }, line("oneStepMean", colours.latents[0]),
      ...(hasFree ? [dots("freeRun", colours.latents[1]), line("freeRunMean", colours.latents[1])] : [])],
    };
  }
}

/** Mean of each trial and the 19 before it. */
function rolling(points) {
  let sum = 0;
  return points.map((point, i) => {
    sum += point[1] - (i >= SMOOTHED_TRIALS ? points[i - SMOOTHED_TRIALS][1] : 0);
    return [point[0], sum / Math.min(i + 1, SMOOTHED_TRIALS)];
  });
}
