/**
 * Icons, drawn with lines in a square of 24.
 */

const paths = {
  arrowDown: 'M12 5v14m-6-6 6 6 6-6',
  arrowUp: 'M12 19V5m-6 6 6-6 6 6',
  calendar: 'M5 6h14v14H5zM5 11h14M9 3v4m6-4v4',
  check: 'm5 13 4 4L19 7',
  chevron: 'm9 6 6 6-6 6',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  image: 'M4 5h16v14H4zm0 11 5-5 4 4 3-3 4 4M15 9h.01',
  left: 'm15 6-6 6 6 6',
  menu: 'M4 7h16M4 12h16M4 17h16',
  plus: 'M12 5v14m-7-7h14',
  repeat: 'M20 11a8 8 0 0 0-14-4L4 9m0-5v5h5M4 13a8 8 0 0 0 14 4l2-2m0 5v-5h-5',
  spark: 'M12 4v4m0 8v4m8-8h-4m-8 0H4m12.5-5.5L14 9m-4 6-2.500 2.500m0-11L10 9m4 6 2.500 2.500',
  stop: 'M7 7h10v10H7z',
  tool: 'M14.500 6.500a4 4 0 0 1 5 5L17 9l-2 0 0-2zM14 9 5 18l1.500 1.500L15.500 10.500',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  warning: 'M12 4 3 20h18zm0 6v4m0 3h.01',
} as const

export type IconName = keyof typeof paths

/** Says nothing to screen readers: the button around it has a label. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
