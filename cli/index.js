// The command `trickle` as `node cli …`, in the project's folder: without npm's own start, which takes longer than most
// commands. Plain JavaScript, like bin.mjs.
import './bin.mjs'
