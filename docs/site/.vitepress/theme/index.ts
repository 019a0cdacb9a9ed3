import DefaultTheme from 'vitepress/theme'
// oxlint-disable-next-line import/no-unassigned-import -- a stylesheet exports nothing
import './site.css'

export default DefaultTheme
