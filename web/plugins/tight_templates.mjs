const CSS = /\bcss`([^`]*)`/g

/** Style sheets and markup inside scripts without the layout of their sources: it means nothing to a browser. */
export function tightTemplates() {
  return {
    name: 'onemap-tight-templates',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /\/src\/.*\.ts$/ },
      handler: (code) => ({
        code: unwrapped(code.replace(CSS, (_, sheet) => `css\`${tight(sheet)}\``)),
        map: null,
      }),
    },
  }
}

function tight(sheet) {
  return sheet
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};]) ?/g, '$1')
    .replace(/(?<=[{;][\w-]+): /g, ':')
    .replace(/;}/g, '}')
    .trim()
}

const SKIPPED = /(?:\/\/[^\n]*|\/\*[^]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")/y
const TEXT = null

/** Line breaks with their indents in template literals become one space; what is not understood stays. */
function unwrapped(code) {
  // Of each template that is open: in its text, or how many braces are open in its expression.
  const stack = []
  let out = ''
  let at = 0
  const take = (length) => {
    out += code.slice(at, at + length)
    at += length
  }
  while (at < code.length) {
    const top = stack.length - 1
    if (top >= 0 && stack[top] === TEXT) {
      if (code[at] === '\\') take(2)
      else if (code[at] === '`') {
        stack.pop()
        take(1)
      } else if (code.startsWith('${', at)) {
        stack.push(0)
        take(2)
      } else if (code[at] === '\n') {
        while (/\s/.test(code[at] ?? '')) at++
        out += ' '
      } else take(1)
      continue
    }
    SKIPPED.lastIndex = at
    const skipped = SKIPPED.exec(code)
    if (skipped) {
      take(skipped[0].length)
      continue
    }
    if (code[at] === '`') stack.push(TEXT)
    else if (top >= 0 && code[at] === '{') stack[top]++
    else if (top >= 0 && code[at] === '}') {
      if (stack[top] === 0) stack.pop()
      else stack[top]--
    }
    take(1)
  }
  return stack.length ? code : out
}
