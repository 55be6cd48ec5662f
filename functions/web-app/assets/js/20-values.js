// Values: find within a tree, copy all of it. What an action came to is told once, and not again on reload.
function findInPane(pane, words) {
    const wanted = words.trim().toLowerCase();
    const fits = element => element.textContent.toLowerCase().includes(wanted);
    for (const item of pane.querySelectorAll(".tree li")) item.hidden = wanted !== "" && !fits(item);
    if (wanted === "") return;
    for (const fold of pane.querySelectorAll(".tree details")) if (fits(fold)) fold.open = true;
}

async function copyPane(pane) {
    const address = new URL(location.href);
    address.searchParams.set("show", "raw");
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    await navigator.clipboard.writeText(page.getElementById(`${pane.id}-raw`).textContent);
    toast(page.querySelector(`#${pane.id} .cut`) ? "Copied as far as it is shown" : "Copied");
}

function equipPanes(root = document) {
    for (const head of root.querySelectorAll(".pane-head:not([data-equipped])")) {
        const pane = head.closest(".pane");
        head.dataset.equipped = "yes";
        const title = head.querySelector("h2").textContent.toLowerCase();
        if (pane.querySelector(".tree details")) {
            const field = document.createElement("input");
            field.type = "search";
            field.placeholder = "Find";
            field.setAttribute("aria-label", `Find in the ${title}`);
            field.addEventListener("input", () => findInPane(pane, field.value));
            head.append(field);
        }
        if (!pane.querySelector(".value-name, .lines, .tree, pre")) continue;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "quiet";
        button.textContent = "Copy";
        button.setAttribute("aria-label", `Copy the ${title} as JSON`);
        button.addEventListener("click", () => copyPane(pane).catch(() => toast("The browser does not let this page copy")));
        head.append(button);
    }
}
equipPanes();
new MutationObserver(() => equipPanes()).observe(document.getElementById("main"), { childList: true, subtree: true });

// A link that is shared is copied whole, wherever this application is.
const shareLink = document.getElementById("share-link");
if (shareLink) {
    shareLink.textContent = shareLink.href;
    shareLink.parentElement.querySelector("[data-copy]").dataset.copy = shareLink.href;
}
if (document.getElementById("outcome")) {
    const address = new URL(location.href);
    address.searchParams.delete("outcome");
    history.replaceState(null, "", address);
}

// One panel of an action is open at a time; Escape closes it.
document.addEventListener("toggle", event => {
    if (!event.target.matches?.(".action[open]")) return;
    for (const other of document.querySelectorAll(".action[open]")) if (other !== event.target) other.open = false;
}, true);
document.addEventListener("keydown", event => {
    const panel = event.key === "Escape" && document.querySelector(".action[open]");
    if (panel) { panel.open = false; panel.querySelector("summary").focus(); }
});
