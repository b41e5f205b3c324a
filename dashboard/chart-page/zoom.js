/** Zoom and pan of drawings by their viewBox: wheel, drag, buttons and keys. A click that is no drag is passed on. */
const STEP = 1.25
const CLOSEST = 12
/** Of the drawing, around what is shown. */
const AROUND = 24
/** A hand is not steady. */
const DRAG_PX = 4

/**
 * Drawings of one size that stand in several boxes move together. `onEdge` gets the ids of the edges that are clicked,
 * `onState` the path of the state; whoever is not told does not hear.
 * @param {Element[]} boxes @param {{ zoomIn: Element, zoomOut: Element, zoomAll: Element }} buttons
 * @param {{ onEdge?: (ids: string) => void, onState?: (path: string) => void, signal?: AbortSignal }} of
 */
export function letZoom(boxes, buttons, { onEdge, onState, signal } = {}) {
  const svgs = boxes.map((box) => box.querySelector('svg'))
  const [svg] = svgs
  const whole = svg.viewBox.baseVal
  const all = { x: 0, y: 0, width: whole.width, height: whole.height }
  let view = { ...all }

  const show = () => {
    for (const one of svgs) one.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`)
  }
  /** Units of the drawing in a pixel of the screen. */
  const scale = () => Math.max(view.width / svg.clientWidth, view.height / svg.clientHeight)
  const zoom = (by, at = { x: view.x + view.width / 2, y: view.y + view.height / 2 }) => {
    const width = Math.min(all.width, Math.max(all.width / CLOSEST, view.width / by))
    const factor = width / view.width
    view = {
      x: at.x - (at.x - view.x) * factor,
      y: at.y - (at.y - view.y) * factor,
      width,
      height: view.height * factor,
    }
    show()
  }
  const pan = (x_px, y_px) => {
    view = { ...view, x: view.x + x_px * scale(), y: view.y + y_px * scale() }
    show()
  }
  const showAll = () => {
    view = { ...all }
    show()
  }

  const keys = {
    '+': () => zoom(STEP),
    '=': () => zoom(STEP),
    '-': () => zoom(1 / STEP),
    0: showAll,
    ArrowLeft: () => pan(-60, 0),
    ArrowRight: () => pan(60, 0),
    ArrowUp: () => pan(0, -60),
    ArrowDown: () => pan(0, 60),
  }
  /** As near as it gets with these in view: rectangles of the screen in the first of the boxes. */
  const focus = (rects) => {
    if (rects.length === 0) return showAll()
    const toDrawing = svg.getScreenCTM().inverse()
    const corners = rects.flatMap(({ left, top, right, bottom }) => [
      new DOMPoint(left, top).matrixTransform(toDrawing),
      new DOMPoint(right, bottom).matrixTransform(toDrawing),
    ])
    const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)]
    const [x, y] = [Math.min(...xs) - AROUND, Math.min(...ys) - AROUND]
    const [wide, high] = [Math.max(...xs) + AROUND - x, Math.max(...ys) + AROUND - y]
    const aspect = svg.clientHeight / svg.clientWidth
    // Words are read best as large as they were drawn.
    const width = Math.min(all.width, Math.max(wide, high / aspect, svg.clientWidth))
    const height = width * aspect
    view = { x: x - (width - wide) / 2, y: y - (height - high) / 2, width, height }
    show()
  }

  const on = (target, type, act, options = {}) => target.addEventListener(type, act, { ...options, signal })
  const onKey = (event) => {
    const act = keys[event.key]
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  }
  const onClick = (target) => {
    const edge = onEdge && target.closest?.('[data-edges]')
    const state = onState && target.closest?.('[data-state]')
    if (edge) onEdge(edge.dataset.edges)
    else if (state) onState(state.dataset.state)
  }
  for (const [n, box] of boxes.entries()) {
    letWheel(svgs[n], zoom, on)
    letDrag(box, pan, on, onClick)
    on(box, 'keydown', onKey)
  }
  on(buttons.zoomIn, 'click', () => zoom(STEP))
  on(buttons.zoomOut, 'click', () => zoom(1 / STEP))
  on(buttons.zoomAll, 'click', showAll)
  return { focus }
}

function letWheel(svg, zoom, on) {
  on(
    svg,
    'wheel',
    (event) => {
      event.preventDefault()
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse())
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, at)
    },
    { passive: false },
  )
}

function letDrag(box, pan, on, onClick) {
  let from = null
  let dragged = false
  on(box, 'pointerdown', (event) => {
    if (event.button !== 0) return
    from = { x: event.clientX, y: event.clientY }
    dragged = false
  })
  on(box, 'pointermove', (event) => {
    if (!from) return
    const [x, y] = [event.clientX - from.x, event.clientY - from.y]
    if (!dragged && Math.hypot(x, y) < DRAG_PX) return
    if (!dragged) box.setPointerCapture(event.pointerId)
    dragged = true
    pan(-x, -y)
    from = { x: event.clientX, y: event.clientY }
  })
  for (const end of ['pointerup', 'pointercancel'])
    on(box, end, () => {
      from = null
    })
  on(box, 'click', ({ target }) => {
    if (!dragged) onClick(target)
  })
}
