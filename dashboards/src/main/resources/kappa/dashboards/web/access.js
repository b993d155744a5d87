// The token that the page shows to the server. It comes in the page's address and is kept for this tab alone. The store belongs to
// host and port; a cookie would be sent to every server on this host.

const KEY = "kappa-token";

const given = new URLSearchParams(location.search).get("token");
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname + location.hash);
}

// Printable ASCII; what else an address may hold is no token of kappa's, and no header could carry it.
const token = () => (sessionStorage.getItem(KEY) ?? "").replace(/[^ -~]/g, "");

/** Headers that show the token, for fetch. */
export function authorization() {
  return token() ? { Authorization: `Bearer ${token()}` } : {};
}

/** The protocols to offer for a WebSocket, which can have no header of its own: the token in hexadecimal. */
export function protocols() {
  const hex = Array.from(token(), character => character.charCodeAt(0).toString(16)).join("");
  return hex ? ["kappa", `kappa.token.${hex}`] : ["kappa"];
}

/** Whether the server wants a token that this page does not have. */
export async function refused() {
  try {
    return (await fetch("/metrics", { method: "HEAD", headers: authorization() })).status === 401;
  } catch {
    return false; // there is no server
  }
}
