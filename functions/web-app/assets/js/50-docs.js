// Commands of the reference can be copied.
for (const command of document.querySelectorAll("pre.curl")) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.copy = command.textContent;
    button.textContent = "Copy";
    command.append(button);
}
