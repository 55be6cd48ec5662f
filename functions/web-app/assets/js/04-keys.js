// j and k move through the rows of a list, Enter opens one, / goes to the filters, ? shows the keys.
const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")].filter(row => row.querySelector("a.row"));
const isTyping = target => target.closest("input, textarea, select, dialog, [contenteditable]");

document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "j" || event.key === "k") {
        const all = rows();
        const at = all.findIndex(row => row.contains(document.activeElement));
        const next = all[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), all.length - 1)];
        next?.querySelector("a.row").focus();
    } else if (event.key === "/") {
        const first = document.querySelector(".filters input, .filters select");
        if (first) { event.preventDefault(); first.focus(); }
    } else if (event.key === "?") {
        document.getElementById("keys")?.showModal();
    }
});
