// Notes: what a person types onto the session, and what the rig says of itself.
import { authorization } from "/access.js";

/** What a rig says while it sends. */
const WELL = ["acquiring", "listening"];
const show = (element, text) => { if (element.textContent !== text) element.textContent = text; };

/** Why bins do not come, as the rig says it; nothing if it says that all is well. */
export const rigTrouble = rig => rig && !WELL.includes(rig) ? rig : "";

export class NotesView {
  constructor(byId) {
    this.byId = byId;
    this.state = null;
    this.told = "";
    byId("noteForm").addEventListener("submit", event => { event.preventDefault(); this.send(); });
  }

  /** @param control whether this page may write */
  draw(state) {
    const { byId } = this;
    if (state.session !== this.state?.session) this.told = "";
    this.state = state;
    const over = Boolean(state.status?.ended);
    const may = Boolean(state.control && state.session && !over);
    const hint = over ? "the session is over" : state.control ? "" : "open the link that kappa printed: it contains the control token";
    byId("noteText").disabled = byId("noteAdd").disabled = !may;
    byId("noteText").title = hint || "A remark at this moment. It goes onto the topic kappa.notes";
    show(byId("noteStatus"), this.told);
    const { notes } = state;
    byId("notes").hidden = notes.length === 0;
    show(byId("notes").querySelector("summary"), notes.length === 1 ? "1 note" : `${notes.length} notes`);
    const key = notes.map(note => `${note.bin} ${note.text}`).join("\n");
    if (key === this.key) return;
    this.key = key;
    const width = state.header?.binWidth ?? 0.02;
    byId("notes").querySelector("ul").replaceChildren(...notes.toReversed().map(({ bin, text, ofRig }) =>
      Object.assign(document.createElement("li"), { textContent: `${(bin * width).toFixed(1)} s: ${ofRig ? "rig: " : ""}${text}` })));
  }

  async send() {
    const { byId } = this;
    const text = byId("noteText").value.replace(/\p{Cc}/gu, " ").trim();
    if (!text) return;
    this.told = "…";
    show(byId("noteStatus"), this.told);
    try {
      const response = await fetch("/notes", {
        method: "POST", headers: { "Content-Type": "application/json", ...authorization() },
        body: JSON.stringify({ session: this.state.session, text, bin: Math.max(0, this.state.now?.bin ?? 0) }),
      });
      this.told = response.status === 202 ? "" : (await response.text()).trim();
      if (response.status === 202) byId("noteText").value = "";
    } catch (error) {
      this.told = `kappa does not answer: ${error.message}`;
    }
    show(byId("noteStatus"), this.told);
  }
}
