import { nextTick, type Ref, watch } from 'vue'

/** Keeps a box scrolled to its end, unless its reader has scrolled up. */
export function keepAtEnd(box: Ref<HTMLElement | undefined>, length: () => number): void {
  watch(length, () => {
    const element = box.value
    if (element === undefined) return
    const { scrollHeight, scrollTop, clientHeight } = element
    if (scrollHeight - scrollTop - clientHeight > 60) return
    void nextTick(() => {
      element.scrollTop = element.scrollHeight
    })
  })
}
