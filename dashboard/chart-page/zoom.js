/** Zoom and pan of drawings by their viewBox: wheel, drag, buttons and keys. A click that is no drag is passed on. */
const STEP = 1.25
const CLOSEST = 12
/** Of the drawing, around what is shown. */
const AROUND = 24
/** A hand is not steady. */
const DRAG_PX = 4

/** Drawings of one size that stand in several boxes move together. */
export function letZoom(boxes, buttons, onEdge) {
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

  const onKey = (event) => {
    const act = keys[event.key]
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  }
  for (const [n, box] of boxes.entries()) {
    letWheel(svgs[n], zoom)
    letDrag(box, pan, onEdge)
    box.addEventListener('keydown', onKey)
  }
  buttons.zoomIn.addEventListener('click', () => zoom(STEP))
  buttons.zoomOut.addEventListener('click', () => zoom(1 / STEP))
  buttons.zoomAll.addEventListener('click', showAll)
  return { focus }
}

function letWheel(svg, zoom) {
  svg.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse())
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, at)
    },
    { passive: false },
  )
}

function letDrag(box, pan, onEdge) {
  let from = null
  let dragged = false
  box.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    from = { x: event.clientX, y: event.clientY }
    dragged = false
  })
  box.addEventListener('pointermove', (event) => {
    if (!from) return
    const [x, y] = [event.clientX - from.x, event.clientY - from.y]
    if (!dragged && Math.hypot(x, y) < DRAG_PX) return
    if (!dragged) box.setPointerCapture(event.pointerId)
    dragged = true
    pan(-x, -y)
    from = { x: event.clientX, y: event.clientY }
  })
  for (const end of ['pointerup', 'pointercancel'])
    box.addEventListener(end, () => {
      from = null
    })
  box.addEventListener('click', ({ target }) => {
    const edge = target.closest?.('[data-edges]')
    if (edge && !dragged) onEdge(edge.dataset.edges)
  })
}
