// What silencing a set of neurons would do, the request to do it, and what it did.
import { authorization } from "/access.js";
import { Chart, FIXED, NONE, axisStyle, path, scales, scene, stretches, tidy } from "/charts.js";
import { fill, fixed, show, spokenOf, roundAxis, tooltip } from "/mechanism.js";
import { FONT, SteadyRange, niceStep, palette } from "/theme.js";

const SHOWN_CONDITIONS = 12;
/** Standard deviations to either side that hold 90 % of a normal distribution. */
const SPREAD = 1.645;
const subscript = number => String(number).replace(/\d/g, digit => "₀₁₂₃₄₅₆₇₈₉"[digit]);

/** What so many of so many changes within a 90 % interval say. Nineteen in twenty runs of an honest interval pass. */
function coverage(inside, trials) {
  const expected = 0.9 * trials;
  const slack = 1.645 * Math.sqrt(0.09 * trials) + 0.5;
  return inside >= expected - slack ? "As many lie within the predicted interval as it says." : `Fewer than the ${Math.round(expected)} that the interval promises: this fit is wrong about these neurons.`;
}

/** One small plot per condition, all on the same axes. */
class EffectChart extends Chart {
  draw(conditions, which, binWidth, name) {
    const colours = palette();
    let [low, high, end] = [0, 0, 0];
    for (const { intact, silenced, every } of conditions) {
      for (const series of [intact[which], silenced[which]]) {
        for (const y of series ?? []) if (y !== null) { low = Math.min(low, y); high = Math.max(high, y); }
        end = Math.max(end, (series?.length ?? 0) * every * binWidth);
      }
    }
    const y = new SteadyRange().cover(low, high);
    const x = { low: 0, high: Math.max(end, binWidth) };
    this.drawn = { colours, conditions, which, binWidth, x, y };
    this.set(`${conditions.map(c => c.name).join("\n")} ${name} ${x.high} ${y.low} ${y.high} ${this.element.clientWidth} ${this.element.clientHeight}`,
      () => this.frame(colours, conditions, x, y), { series: conditions.map((unused, c) => ({ id: `condition${c}`, data: [0] })) });
  }

  frame(colours, conditions, x, y) {
    const style = axisStyle(colours);
    const { clientWidth, clientHeight } = this.element;
    const n = conditions.length;
    // Cells about twice as wide as high.
    const columns = Math.max(1, Math.min(n, Math.round(Math.sqrt(n * clientWidth / (2 * clientHeight)))));
    const rows = Math.ceil(n / columns);
    const [width, height] = [(clientWidth - 46) / columns, (clientHeight - 32) / rows];
    const cell = c => ({ left: 46 + (c % columns) * width, top: Math.floor(c / columns) * height });
    const fit = name => name.length * 6.2 > width - 14 ? `${name.slice(0, Math.max(3, Math.floor((width - 20) / 6.2)))}…` : name;
    return {
      animation: false, backgroundColor: "transparent",
      grid: conditions.map((unused, c) => ({ ...FIXED, left: cell(c).left, width: width - 10, top: cell(c).top + 16, height: Math.max(8, height - 20) })),
      graphic: conditions.map(({ name }, c) => ({
        type: "text", left: cell(c).left + 2, top: cell(c).top + 2, silent: true, style: { text: fit(name), fill: colours.text, font: `600 11px ${FONT}` },
      })),
      xAxis: conditions.map((unused, c) => ({
        type: "value", gridIndex: c, ...style, min: x.low, max: x.high, splitLine: { show: false }, axisTick: { show: false },
        ...(c + columns >= n ? { name: "s of the trial", nameLocation: "middle", nameGap: 16, interval: niceStep(x.high / 2.5), axisLabel: { ...style.axisLabel, showMaxLabel: false } } : { axisLabel: { show: false } }),
      })),
      yAxis: conditions.map((unused, c) => ({
        type: "value", gridIndex: c, ...style, min: y.low, max: y.high, interval: (y.high - y.low) / 2, axisLine: { show: false }, axisTick: { show: false },
        ...(c % columns ? { axisLabel: { show: false } } : {}),
      })),
      series: conditions.map((unused, c) => scene(`condition${c}`, c, params => this.render(params, c))),
    };
  }

  render(params, c) {
    const { colours, conditions, which, binWidth, x, y } = this.drawn;
    const { intact, silenced, every } = conditions[c];
    const scale = scales(params.coordSys, x, y);
    const curve = (series, colour, dash) => stretches((series ?? []).map((unused, t) => (t * every + 1) * binWidth), series ?? [], scale).map(points => {
      const line = path(points, colour, 1.8);
      line.style.lineDash = dash;
      return line;
    });
    return { type: "group", children: [...curve(intact[which], colours.latents[0], null), ...curve(silenced[which], colours.silenced, [5, 3])] };
  }
}

class LoopChart extends Chart {
  draw({ predicted, observed, halfWidth }, readout) {
    const colours = palette();
    const points = predicted.map((x, i) => [x, observed[i], halfWidth[i] ?? 0]).filter(([x, y]) => x !== null && y !== null);
    const all = points.flatMap(([x, y]) => [x, y]);
    // One range for both: the identity is the diagonal.
    const range = new SteadyRange().cover(Math.min(0, ...all), Math.max(0, ...all));
    const ends = roundAxis({}, "", range);
    const style = axisStyle(colours);
    const { clientWidth, clientHeight } = this.element;
    const side = Math.max(40, Math.min(clientWidth - 70, clientHeight - 44));
    const series = [
      { id: "identity", type: "line", silent: true, showSymbol: false, data: [[ends.min, ends.min], [ends.max, ends.max]], lineStyle: { color: colours.muted, width: 1.2, type: "dashed" } },
      { id: "intervals", type: "custom", ...NONE, clip: true, data: points, renderItem: (params, api) => this.interval(api, colours) },
      { id: "trials", type: "scatter", data: points, symbolSize: 7, clip: true, itemStyle: { color: colours.silenced, opacity: 0.7 } },
    ];
    this.set(`${readout} ${clientWidth} ${clientHeight}`, () => ({
      animation: false, backgroundColor: "transparent", grid: { ...FIXED, left: 54 + Math.max(0, (clientWidth - 66 - side) / 2), width: side, top: 6, height: side },
      tooltip: tooltip(colours, ({ value }) => `predicted ${fixed(value[0])}${value[2] ? ` ± ${fixed(value[2])}` : ""}, observed ${fixed(value[1])}`),
      xAxis: [roundAxis(style, "predicted change", range, { nameGap: 20 })], yAxis: [roundAxis(style, "observed change", range, { nameGap: 36 })], series,
    }), { xAxis: [roundAxis({}, "predicted change", range)], yAxis: [roundAxis({}, "observed change", range)], series });
  }

  /** Where nine of ten observed changes should lie, as an upright line at the predicted one. */
  interval(api, colours) {
    const [x, , width] = [api.value(0), api.value(1), api.value(2)];
    const [[left, low], [, high]] = [api.coord([x, x - width]), api.coord([x, x + width])];
    return { type: "line", silent: true, shape: { x1: left, y1: low, x2: left, y2: high }, style: { stroke: colours.muted, lineWidth: 1, opacity: width ? 0.45 : 0 } };
  }
}

export class SilencingView {
  /** @param chosen is called when another set, or another curve of it, is to be shown */
  constructor(byId, chosen) {
    this.byId = byId;
    this.chosen = chosen;
    this.effects = new EffectChart(byId("inactivation"));
    this.loop = new LoopChart(byId("loop"));
    this.state = null;
    this.asking = false;
    this.told = "";
    for (const id of ["silenceSet", "traceOf", "carried"]) byId(id).addEventListener("change", () => { byId(id).blur(); chosen(); });
    byId("silence").addEventListener("click", () => this.confirm());
    byId("confirmNo").addEventListener("click", () => byId("confirm").close());
    byId("unpredicted").addEventListener("change", () => { byId("confirmYes").disabled = !byId("unpredicted").checked; });
    byId("confirmYes").addEventListener("click", () => {
      byId("confirm").close();
      this.ask(this.wanted);
    });
    byId("callOff").addEventListener("click", () => this.ask({ trials: 0 }));
  }
  charts() { return { inactivation: this.effects, loop: this.loop }; }
  set() { return this.byId("silenceSet").value; }
  resize() { this.effects.resize(); this.loop.resize(); }

  draw(state, visible) {
    const { byId } = this;
    if (state.session !== this.state?.session) {
      this.tell("");
      byId("silenceSet").replaceChildren();
    }
    this.state = state;
    const sets = new Map();
    for (const { name, size } of [...state.inactivations?.sets ?? [], ...state.analysis?.populations?.list ?? []]) if (!sets.has(name)) sets.set(name, size);
    const chosen = this.set();
    this.sizes = sets;
    // A set that was chosen and is no more must not turn into another one, which would then be silenced.
    fill(byId("silenceSet"), Array.from(sets, ([name, size]) => [name, `${name} (${size})`])
      .concat(chosen && !sets.has(chosen) ? [[chosen, `${chosen} · gone`]] : []));
    this.exists = sets.has(this.set());
    byId("silenceSet").parentElement.hidden = !this.set();
    this.drawEffects(state, visible);
    this.drawLoop(state, visible);
    this.showControls();
  }

  drawEffects({ inactivations, header }, visible) {
    const { byId } = this;
    const predicted = inactivations !== null && inactivations.set === this.set() ? inactivations.conditions : [];
    byId("inactivationNothing").hidden = predicted.length > 0;
    byId("inactivationBody").hidden = predicted.length === 0;
    show(byId("inactivationNothing"), inactivations === null || !inactivations.sets.length ? "No predictions yet. They need more intact trials, and inputs or populations that tell neurons apart."
      : inactivations.sets.some(({ name }) => name === this.set()) ? "The prediction for this set is on its way." : "There is no prediction for this set yet.");
    byId("inactivationOf").textContent = inactivations ? spokenOf(inactivations, `, ${inactivations.trials} intact trials`) : "";
    const readout = inactivations?.readout || "readout";
    const ranks = Math.max(0, (predicted[0]?.intact.length ?? 1) - 1);
    fill(byId("traceOf"), [["0", readout], ...Array.from({ length: ranks }, (unused, k) => [String(k + 1), `κ${subscript(k + 1)}`])]);
    byId("traceOf").hidden = predicted.length === 0;
    const set = inactivations?.sets.find(({ name }) => name === this.set());
    show(byId("inactivationCaption"), predicted.length && set ? [
      "— intact  ┄ silenced", `change of ${readout} ${fixed(set.change)}${set.changeSd ? ` ± ${fixed(set.changeSd)}` : ""} RMS`,
      ...(inactivations.readoutR2 > 0 ? [`intact network explains ${Math.round(100 * inactivations.readoutR2)} % of it`] : []),
      ...(predicted.length > SHOWN_CONDITIONS ? [`${SHOWN_CONDITIONS} of ${predicted.length} conditions drawn`] : [])].join("  ·  ") : "");
    if (!predicted.length || !visible) return;
    this.showChoices(predicted);
    this.effects.draw(predicted.slice(0, SHOWN_CONDITIONS), Number(byId("traceOf").value), header?.binWidth ?? 0.02, byId("traceOf").value);
  }

  showChoices(conditions) {
    const row = (kind, texts) => {
      const line = document.createElement("tr");
      line.append(...texts.map(text => Object.assign(document.createElement(kind), { textContent: text, title: text })));
      return line;
    };
    this.byId("choices").replaceChildren(row("th", ["condition", "trials", "positive", "correct"]), ...conditions.map(c => row("td", [
      c.name, String(c.trials), `${fixed(c.positiveIntact)} → ${fixed(c.positiveSilenced)}`, `${fixed(c.correctIntact)} → ${fixed(c.correctSilenced)}`])));
  }

  drawLoop({ inactivations, intervention }, visible) {
    const { byId } = this;
    const all = (inactivations?.carried ?? []).filter(({ trials }) => trials > 0);
    // The newest comes last.
    const entries = all.map(c => [c.intervention, `${c.name || c.intervention} · ${c.trials}`]).reverse();
    if (entries[0]?.[0] !== this.newestCarried) { this.newestCarried = entries[0]?.[0]; delete byId("carried").dataset.entries; byId("carried").replaceChildren(); }
    fill(byId("carried"), entries);
    byId("carried").hidden = all.length < 2;
    const requested = intervention ? { [intervention.id]: intervention.name } : {};
    const carried = all.find(c => c.intervention === byId("carried").value) ?? all.at(-1);
    byId("loopNothing").hidden = Boolean(carried);
    byId("loop").hidden = !carried;
    show(byId("loopCorrelation"), fixed(carried?.correlation, 3));
    show(byId("loopR2"), fixed(carried?.r2));
    show(byId("loopAgreement"), carried?.choiceAgreement === undefined || carried.choiceAgreement === null ? "–" : `${Math.round(100 * carried.choiceAgreement)} %`);
    const inside = carried?.inside ?? -1;
    show(byId("loopInside"), inside < 0 ? "–" : `${inside} of ${carried.trials}`);
    show(byId("loopVerdict"), inside < 0 ? "" : coverage(inside, carried.trials));
    show(byId("loopTrials"), String(carried?.trials ?? 0));
    byId("loopOf").textContent = carried ? spokenOf(inactivations) : "";
    byId("loopOf").title = carried ? `${carried.intervention}: ${requested[carried.intervention] ?? carried.name}, ${carried.size} neurons` : "";
    show(byId("loopRequest"), !intervention ? "" : intervention.trials === 0 ? `${intervention.id}: called off`
      : `${intervention.id}: ${intervention.name} (${intervention.neurons}), ${intervention.perturbed} of ${intervention.trials} trials perturbed`);
    if (carried && visible) this.loop.draw(carried, inactivations.readout);
  }

  showControls() {
    const { byId, state } = this;
    const over = Boolean(state?.status?.ended);
    const may = Boolean(state?.control && state.session && !over && !this.asking);
    byId("silence").disabled = !may || !this.exists;
    byId("callOff").disabled = !may;
    const hint = !state?.control ? "open the link that kappa printed: it contains the control token" : over ? "the session is over" : "";
    byId("silence").title = byId("callOff").title = hint;
    show(byId("silenceStatus"), hint || this.told);
    byId("silenceStatus").className = !hint && this.failed ? "bad" : "muted";
  }

  /** Asks what silencing would do, and shows it. The neurons of this answer are asked for afterwards, whatever comes meanwhile. */
  async confirm() {
    const { byId } = this;
    const [trials, every] = [Number(byId("silenceTrials").value), Number(byId("silenceEvery").value)];
    const answer = await this.post({ set: this.set(), trials, every, dry_run: true }, "predicting …");
    if (!answer) return;
    this.tell("");
    this.showControls();
    const { name, neurons, of, predicted } = answer;
    this.wanted = { neurons, name, trials, every };
    const interval = (value, sd) => `${fixed(value)}${sd ? ` (90 % interval ${fixed(Math.max(0, value - SPREAD * sd))} to ${fixed(value + SPREAD * sd)})` : " (one model so far, so no interval)"}`;
    byId("confirmWhat").textContent = `${name}: ${neurons.length} of ${of} neurons, in one trial of ${every}, until ${trials} trials are perturbed.`;
    byId("confirmEffect").textContent = predicted
      ? `Predicted RMS change of ${predicted.readout} in the decision bins, in units of its own RMS: ${interval(predicted.change, predicted.changeSd)}, by ${spokenOf(predicted)}.`
      : "There is no prediction for this set, so that what happens cannot be compared with one.";
    byId("confirmTrial").textContent = predicted?.trialHalfWidth
      ? `In 9 of 10 trials the observed change of ${predicted.readout} should lie within ± ${fixed(predicted.trialHalfWidth)} of the predicted one, and further where recent models disagree.` : "";
    byId("confirmRandom").textContent = predicted?.randomSets
      ? `${predicted.randomSets} random sets of ${neurons.length} neurons: ${interval(predicted.randomChange, predicted.randomChangeSd)}.${
        predicted.change - predicted.randomChange <= SPREAD * Math.hypot(predicted.changeSd ?? 0, predicted.randomChangeSd ?? 0) ? " The set does no more than random neurons do." : ""}` : "";
    byId("withoutPrediction").hidden = Boolean(predicted);
    byId("unpredicted").checked = false;
    byId("confirmYes").disabled = !predicted;
    byId("confirm").showModal();
  }

  tell(text, failed = false) {
    this.told = text;
    this.failed = failed;
  }

  async ask(request) {
    const answer = await this.post(request, "asking …");
    if (answer) this.tell(request.trials ? `${answer.id}: the rig is asked to silence ${answer.neurons} neurons` : `${answer.id}: called off`);
    this.showControls();
  }

  /** The answer, or null after it was told why there is none. */
  async post(request, meanwhile) {
    this.asking = true;
    this.tell(meanwhile);
    this.showControls();
    let answer = null;
    try {
      const response = await fetch("/interventions", {
        method: "POST", headers: { "Content-Type": "application/json", ...authorization() },
        body: JSON.stringify({ session: this.state.session, ...request }),
      });
      const text = await response.text();
      if (response.status === 202) answer = JSON.parse(text);
      else this.tell(text.trim(), true);
    } catch (error) {
      this.tell(`kappa does not answer: ${error.message}`, true);
    }
    this.asking = false;
    this.showControls();
    return answer;
  }
}
