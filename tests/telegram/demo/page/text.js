// A text with its entities, whose offsets are UTF-16 code units as JavaScript's own.
import { el } from "./dom.js";

const PLAIN = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

/** Nodes of a text. follow(address), command(text): what happens when one is pressed. */
export function formatted(text, entities, { follow, command }) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return between(0, text.length, sorted);

  function between(start, end, inside) {
    const nodes = [];
    let at = start;
    for (let next = 0; next < inside.length; ) {
      const entity = inside[next];
      const stop = Math.min(entity.offset + entity.length, end);
      if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
      let last = next + 1;
      while (last < inside.length && inside[last].offset < stop) last += 1;
      const nested = inside.slice(next + 1, last);
      nodes.push(marked(entity, text.slice(entity.offset, stop), () =>
        between(entity.offset, stop, nested)));
      at = Math.max(at, stop);
      next = last;
    }
    if (at < end) nodes.push(text.slice(at, end));
    return nodes;
  }

  function marked(entity, words, children) {
    switch (entity.type) {
      case "text_link":
        return link(entity.url, children(), follow);
      case "url":
        return link(/^https?:/.test(words) ? words : `https://${words}`, [words], follow);
      case "bot_command":
        return el(
          "button",
          { type: "button", class: "command", onclick: () => command(words) },
          words,
        );
      case "spoiler":
        return el("span", { class: "spoiler", tabindex: "0" }, children());
      case "mention":
      case "hashtag":
      case "text_mention":
      case "email":
        return el("span", { class: "mention" }, children());
      default:
        return PLAIN[entity.type] ? el(PLAIN[entity.type], {}, children()) : children();
    }
  }
}

/** A link; follow returns true when it was one of the messenger's own. */
export function link(address, children, follow, attributes = {}) {
  const web = /^https?:\/\//.test(address) ? address : null;
  return el(
    "a",
    {
      href: web,
      target: "_blank",
      rel: "noopener noreferrer",
      onclick: (event) => {
        if (follow(address)) event.preventDefault();
      },
      ...attributes,
    },
    children,
  );
}
