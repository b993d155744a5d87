// The token that the page shows to the server. It comes in the page's address and is kept for this tab alone. The store belongs to
// host and port; a cookie would be sent to every server on this host.

const KEY = "kappa-token";

const given = new URLSearchParams(location.search).get("token");
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname + location.hash);
}

const utf8 = () => new TextEncoder().encode(sessionStorage.getItem(KEY) ?? "");

/** Headers that show the token, for fetch. A header holds bytes, so other characters go as their bytes in UTF-8. */
export function authorization() {
  const bytes = utf8();
  return bytes.length ? { Authorization: `Bearer ${String.fromCharCode(...bytes)}` } : {};
}

/** The protocols to offer for a WebSocket, which can have no header of its own. */
export function protocols() {
  const hex = Array.from(utf8(), byte => byte.toString(16).padStart(2, "0")).join("");
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
