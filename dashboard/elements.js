/** Elements from text alone: nothing here, and nothing on the page, ever parses HTML. */

/**
 * @param {string} tag
 * @param {{ class?: string, text?: string, [attribute: string]: string | undefined }} [attributes]
 * @param {(Node | null)[]} [children]
 */
export function element(tag, attributes = {}, children = []) {
  const made = document.createElement(tag)
  const { text, ...others } = attributes
  if (text !== undefined) made.textContent = text
  for (const [name, value] of Object.entries(others)) if (value !== undefined) made.setAttribute(name, value)
  made.append(...children.filter((child) => child !== null))
  return made
}

/** @param {number | null} ms @param {string} text */
export function timeElement(ms, text) {
  if (ms === null) return element('span', { text })
  return element('time', { datetime: new Date(ms).toISOString(), title: new Date(ms).toLocaleString(), text })
}

/**
 * Makes the children of `parent` those for `items`, in their order. A child whose signature is as before stays as it
 * is, so that focus, selection and a screen reader's place survive.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {{ key: (item: T) => string, render: (item: T) => Element }} how
 */
export function keepInStep(parent, items, { key, render }) {
  const before = new Map([...parent.children].map((child) => [child.getAttribute('data-key'), child]))
  const after = items.map((item) => {
    const made = render(item)
    made.setAttribute('data-key', key(item))
    const old = before.get(key(item))
    if (!old) return made
    if (old.isEqualNode(made)) return old
    return takeOver(old, made)
  })
  // What is gone goes first, so that nothing that stays has to be moved, which would cost it the focus.
  const staying = new Set(after)
  for (const child of before.values()) if (!staying.has(child)) child.remove()
  after.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null)
  })
}

/**
 * The old element made equal to the new one, part by part: a link that has the focus is the same node afterwards.
 * @param {Element} old @param {Element} made
 */
function takeOver(old, made) {
  for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name)
  for (const { name, value } of made.attributes) old.setAttribute(name, value)
  const parts = [...made.childNodes].map((part, index) => partFor(old.childNodes[index], part))
  while (old.childNodes.length > parts.length) old.lastChild?.remove()
  parts.forEach((part, index) => {
    const stands = old.childNodes[index]
    if (!stands) old.append(part)
    else if (stands !== part) old.replaceChild(part, stands)
  })
  return old
}

/** What to have in the place of `old`: itself where it can become `made`. */
function partFor(old, made) {
  if (!old || old.nodeName !== made.nodeName) return made
  if (old instanceof Element) return old.isEqualNode(made) ? old : takeOver(old, made)
  if (old.nodeValue !== made.nodeValue) old.nodeValue = made.nodeValue
  return old
}
