/** The page of an impact: drawings that move together, and examples that are clicked through on both. */
import { letZoom } from '../chart-page/zoom.js'
import { showStep } from './show.js'

const examples = JSON.parse(document.getElementById('examples').textContent)

for (const section of document.querySelectorAll('[data-chart]')) {
  const drawings = zoomable(section)
  const own = examples.filter(({ chart }) => chart === section.dataset.chart)
  if (own.length > 0) stepped(section, own, drawings)
  for (const drawing of drawings) lookAt(drawing, '.added, .removed, .changed')
}

/** Drawings of one size move together, others by themselves. */
function zoomable(section) {
  const boxes = [...section.querySelectorAll('.drawing')]
  const sizes = boxes.map((box) => box.querySelector('svg').getAttribute('viewBox'))
  const find = (name) => section.querySelector(name)
  const buttons = { zoomIn: find('.zoom-in'), zoomOut: find('.zoom-out'), zoomAll: find('.zoom-all') }
  const groups = new Set(sizes).size === 1 ? [boxes] : boxes.map((box) => [box])
  return groups.map((group) => ({ boxes: group, zoom: letZoom(group, buttons) }))
}

/** Brings what is meant into view; on the second of two drawings it lies where it would on the first. */
function lookAt({ boxes, zoom }, selector) {
  const origin = boxes[0].getBoundingClientRect()
  const rects = boxes.flatMap((box) => {
    const own = box.getBoundingClientRect()
    const [x, y] = [origin.left - own.left, origin.top - own.top]
    return [...box.querySelectorAll(selector)].map((one) => {
      const { left, top, right, bottom } = one.getBoundingClientRect()
      return { left: left + x, top: top + y, right: right + x, bottom: bottom + y }
    })
  })
  if (rects.length > 0) zoom.focus(rects)
}

function stepped(section, own, drawings) {
  const find = (name) => section.querySelector(name)
  let [example] = own
  let at = 0
  find('.example').replaceChildren(
    ...own.map(
      ({ device_id, instance, title }, n) => new Option(`${device_id}, ${instance}: ${title}`, String(n)),
    ),
  )

  function go(to) {
    at = Math.min(Math.max(0, to), example.steps.length - 1)
    find('.place').max = String(example.steps.length - 1)
    find('.place').value = String(at)
    find('.place-text').textContent = `${at + 1} of ${example.steps.length}`
    find('.place').setAttribute('aria-valuetext', find('.place-text').textContent)
    find('.back').disabled = at === 0
    find('.on').disabled = at === example.steps.length - 1
    find('.apart').disabled = nextApart() < 0
    showStep(section, example, at)
    for (const drawing of drawings) lookAt(drawing, '.here, .taken')
  }

  function nextApart() {
    return example.steps.findIndex(({ differs }, n) => n > at && differs)
  }

  find('.example').addEventListener('change', ({ target }) => {
    example = own[Number(target.value)]
    go(0)
  })
  find('.back').addEventListener('click', () => go(at - 1))
  find('.on').addEventListener('click', () => go(at + 1))
  find('.apart').addEventListener('click', () => go(nextApart()))
  find('.place').addEventListener('input', ({ target }) => go(Number(target.value)))
  go(0)
}
