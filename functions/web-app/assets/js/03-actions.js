// Tells what happened, for a few seconds.
function toast(text) {
    const note = document.createElement("div");
    note.textContent = text;
    document.getElementById("toasts").append(note);
    setTimeout(() => note.remove(), 4000);
}

// Before an action that cannot be undone, a dialog says what it will do. Without this module the form asks on the page.
document.addEventListener("submit", event => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    const dialog = document.createElement("dialog");
    const text = document.createElement("p");
    text.textContent = form.dataset.confirm;
    const buttons = document.createElement("div");
    buttons.className = "actions";
    const button = (label, kind, act) => {
        const made = document.createElement("button");
        made.type = "button";
        made.textContent = label;
        made.className = kind;
        made.addEventListener("click", act);
        buttons.append(made);
        return made;
    };
    const submitter = event.submitter;
    button("Cancel", "", () => dialog.close());
    button(submitter?.textContent.trim() || "Go on", "danger", () => {
        form.dataset.confirmed = "yes";
        form.requestSubmit(submitter);
    });
    dialog.append(text, buttons);
    dialog.setAttribute("aria-label", "Are you sure?");
    dialog.addEventListener("close", () => { dialog.remove(); submitter?.focus(); });
    document.body.append(dialog);
    dialog.showModal();
});

// Buttons that copy what they stand beside.
document.addEventListener("click", async event => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    try {
        await navigator.clipboard.writeText(button.dataset.copy);
        toast("Copied");
    } catch {
        toast("The browser does not let this page copy");
    }
});
