// The table of sessions, present and past.

const started = ms => ms > 0 ? new Date(ms).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" }) : "–";
const count = n => n === null || n === undefined ? "–" : n.toLocaleString("en");

export class SessionsTable {
  /** @param choose is given the id of a session that is to be shown; @param opened is called when the table opens */
  constructor(byId, choose, opened) {
    this.byId = byId;
    this.choose = choose;
    byId("openSessions").addEventListener("click", () => { this.draw([], ""); byId("sessions").showModal(); opened(); });
    byId("sessionsClose").addEventListener("click", () => byId("sessions").close());
  }

  open() { return this.byId("sessions").open; }

  draw(rows, shown) {
    const key = JSON.stringify([rows, shown]);
    if (key === this.key) return;
    this.key = key;
    const { byId } = this;
    byId("sessionsNothing").hidden = rows.length > 0;
    const element = (kind, content, title = "") => {
      const made = document.createElement(kind);
      made.append(content);
      if (title) made.title = title;
      return made;
    };
    byId("sessionRows").replaceChildren(...rows.map(row => {
      const kept = row.ended !== null && row.ended !== undefined;
      const line = document.createElement("tr");
      const name = kept ? element("button", row.id, "show this session") : element("span", row.id, `./kappa export --session ${row.id} --out FILE.npz`);
      if (kept) {
        name.type = "button";
        name.addEventListener("click", () => { byId("sessions").close(); this.choose(row.id); });
      }
      if (row.id === shown) line.setAttribute("aria-current", "true");
      line.append(element("td", name), element("td", started(row.createdMs)), element("td", count(row.neurons)), element("td", count(row.rank)), element("td", count(row.bins)),
        element("td", count(row.trials)), element("td", kept ? row.ended ? "over" : "open" : "no longer kept here"), element("td", row.origin || "–", row.origin));
      return line;
    }));
  }
}
