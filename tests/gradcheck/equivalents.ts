/** Mutants of one place that no check notices, and why. */
interface Place {
  /** The op's name, or the end of the shader's path. */
  where: string;
  /** What was done to a vjp, or the line of WGSL as the mutant has it. */
  what: RegExp | string;
  reason: string;
}

const SIGMOID_AT_0 = 'sigmoid at 0: t is 1 there, so both branches are';
const TANH_CHANGES = 'where tanh changes from one formula to the other: both are good to rounding around there';
const TANH_LAST_TERM = 'the last term of tanh\'s series: at most 1.4e-8, at 0.1, which is 2 ULP';
const ALIKE_AT_0 = 'at 0 both formulas give 0';
const FORMULAS_MEET = 'where two formulas meet that are both good to rounding around there';
const NOT_STORED = 'sums of a tile past the last one, whose rows or columns are not stored';
const PAST_THE_LINES = 'what stands past the last line goes into rows and columns of the product that are not stored';
const NO_MORE_STORED = 'what a place past the last one holds is not stored';
const OTHER_ZEROS = 'the other operand has zeros there';
const LAST_AGAIN = 'places past the last one are that one once more, and store what it stores';
const BLOCKS_ROUND = 'blocks of another length add up the same values, with other roundings';
const FOUR_PIECES = 'of eight axes, neighbours put together, at most four are reduced and four kept: their positions are below 4';
const BY_INDEX = 'equal values are settled by their index before that';
const FIRST_RUNS = 'first - ABREAST * run wraps round for the first runs alone, which then take all of it';
const FIRST_RUN = 'first - run wraps round for the first run alone, which then takes all of it';
const REPLACED = 'written before it is read';
const ONE_VALUE = 'where the count is 1, the sum of squares or products that it divides is 0';
const ENDLESS = 'minus infinity, whatever is divided by 0';
const NO_VALUES = 'a mean of no values: the first one replaces it, to a rounding, and a state without any weighs nothing';

/** They change nothing that a check could see. */
const EQUIVALENT: readonly Place[] = [
  { where: 'pad', what: /^padding\[\d\]\[1\]/, reason: 'the vjp needs only what was added before: the rest follows from the input\'s shape' },
  { where: 'avgPool2dGrad', what: /^inputShape/, reason: 'handed on to avgPool2d with the other settings, which does not look at it' },
  { where: 'maxPool2d', what: /^countIncludePad/, reason: 'handed on with the other settings; only averages count padding' },
  { where: 'reluGrad', what: /^gradient of input 1/, reason: 'the gradient for y is zero everywhere: y decides only by its sign' },
  { where: 'upsample2d.wgsl', what: /^line \d+, operator: .*, now: let least/, reason: 'starts at an output or two that look elsewhere, and weigh nothing' },
  { where: 'unary.wgsl', what: /, now: return select\(\w+\(1\.0\), t, v <= \w+\(0\.0\)\)/, reason: SIGMOID_AT_0 },
  { where: 'unary.wgsl', what: /, now: return select\(\(t - 1\.0\) \/ \(t \+ 1\.0\), near, abs\(v\) <=? \w+\(0\.1(01)?\)\)/, reason: TANH_CHANGES },
  { where: 'unary.wgsl', what: /, now: let near = v \* \(1\.0 \+ s \* \(-1\.0 \/ 3\.0 \+ s \* \((2\.02 \/ 15\.0|2\.0 \/ 15\.15)\)\)\);$/, reason: TANH_LAST_TERM },
  { where: 'gruCell.wgsl', what: /, now: let near = v \* \(1\.0 \+ s \* \(-1\.0 \/ 3\.0 \+ s \* \((2\.02 \/ 15\.0|2\.0 \/ 15\.15)\)\)\);$/, reason: TANH_LAST_TERM },
  { where: 'lstmCell.wgsl', what: /, now: let near = v \* \(1\.0 \+ s \* \(-1\.0 \/ 3\.0 \+ s \* \((2\.02 \/ 15\.0|2\.0 \/ 15\.15)\)\)\);$/, reason: TANH_LAST_TERM },
  { where: 'unary.wgsl', what: /, now: let cos_r = .* s \* 0\.0000246774886893\)\);$/, reason: 'the last term of the cosine: at most 3.6e-8, at pi/4, which is 0.6 ULP' },
  { where: 'unary.wgsl', what: /, now: return max\(.*, t <= vec4f\(1e-3\)\);$/, reason: FORMULAS_MEET },
  { where: 'unary.wgsl', what: 'var far = -0.00001745820047 * a + 3.83197126e-4;', reason: 'the last term of erf\'s polynomial: at most 1.2e-7, at 1.76, which is 2 ULP' },
  { where: 'unary.wgsl', what: /, now: return select\(near, select\(far, sign\(v\), a >=? vec4f\(4\.0(4)?\)\), a > vec4f\(0\.921875\)\);$/, reason: 'erf is 1 to rounding from 3.92 on: so are both' },
  { where: 'unary.wgsl', what: /, now: return select\(near, select\(far, sign\(v\), a > vec4f\(4\.0\)\), a >=? vec4f\(0\.9(21875|3109375)\)\);$/, reason: FORMULAS_MEET },
  { where: 'unary.wgsl', what: /, now: return .*, v, v >= vec4f\(0\.0\)\);$/, reason: ALIKE_AT_0 },
  { where: 'unary.wgsl', what: 'return v * select(below, above, v >= vec4f(0.0));', reason: ALIKE_AT_0 },
  { where: 'unary.wgsl', what: 'return v * select(tail, 1.0 - tail, v >= vec4f(0.0));', reason: ALIKE_AT_0 },
  { where: 'unary.wgsl', what: /, now: let series = v \* \(1\.0 .* \((1\.01 \/ 24\.0|1\.0 \/ 24\.24)\)\)\)\);$/, reason: 'the last term of the series: at most 3.4e-10, at 0.03, which is 0.2 ULP' },
  { where: 'unary.wgsl', what: /, now: return select\(exp\(v\) - 1\.0, series, abs\(v\) <=? vec4f\(0\.03(03)?\)\);$/, reason: FORMULAS_MEET },
  { where: 'unary.wgsl', what: /, now: let series = v \* s .* \((62\.62 \/ 2835\.0|62\.0 \/ 2863\.35)\)\)\)\);$/, reason: 'the last term of the series: at most 8.3e-10, at 0.25, which is 2 ULP' },
  { where: 'unary.wgsl', what: /, now: return select\(v - tangent_h\(v\), series, abs\(v\) <=? vec4f\(0\.25(25)?\)\);$/, reason: FORMULAS_MEET },
  { where: 'random.wgsl', what: 'let series = z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 - z * (1.0 / 9.0))));', reason: 'the last term of the logarithm, turned: at most 5.7e-8, at sqrt(2), which is 2 ULP' },
  { where: 'random.wgsl', what: /, now: let series = .* \((1\.01 \/ 7\.0|1\.0 \/ 7\.07) \+ z .*;$/, reason: 'the last term but one of the logarithm: at most 1.3e-8, at sqrt(2), which is 0.4 ULP' },
  { where: 'random.wgsl', what: /, now: let series = .* \((1\.01 \/ 9\.0|1\.0 \/ 9\.09)\)\)\)\);$/, reason: 'the last term of the logarithm: at most 2.9e-10, at sqrt(2), which is 0.01 ULP' },
  { where: 'random.wgsl', what: /, now: let quarter = floor\(4\.0(4)? \* v \+ 0\.5(05)?\);$/, reason: 'other borders of the quarters: up to 0.85, too, the series are good to 5.3e-8, which is 1 ULP' },
  { where: 'random.wgsl', what: /, now: let sine = .* \((1\.01 \/ 362880\.0|1\.0 \/ 366508\.8)\)\)\)\);$/, reason: 'the last term of the sine: at most 3.2e-9, at pi/4, which is 0.1 ULP' },
  { where: 'random.wgsl', what: /, now: let cosine = .* \((1\.01 \/ 40320\.0|1\.0 \/ 40723\.2)\)\)\)\);$/, reason: 'the last term of the cosine: at most 3.6e-8, at pi/4, which is 0.6 ULP' },
  { where: 'random.wgsl', what: 'out[vector] = select(vec4u(1u), scaled, stays);', reason: 'as a float 1.4e-45, which WGSL may flush to 0' },
  ...['unary', 'fill', 'cast', 'arange', 'assign', 'random', 'sgd', 'adam', 'rmsProp', 'adagrad', 'adadelta', 'nadam'].map((file) => (
    { where: `${file}.wgsl`, what: /, now: for \(var (\w+) = first; \1 < min\(first - ABREAST \* params\.run, params\.vectors\); \1 \+= ABREAST\) \{$/, reason: FIRST_RUNS }
  )),
  { where: 'normalize.wgsl', what: 'if (first > end) {', reason: 'the loops after it have no turn then' },
  { where: 'where.wgsl', what: /, now: let at = offsets\(min\(index, params\.size( \+ 1u)?\)\);$/, reason: NO_MORE_STORED },
  { where: 'binary.wgsl', what: /, now: let is_one = .* \(abs\(y\) >= vec4f\(3\.4028234e38\)\)\);$/, reason: 'the largest number is even: -1 to it is 1 as well' },
  { where: 'binary.wgsl', what: 'let last = params.size + 1u;', reason: NO_MORE_STORED },
  { where: 'binary.wgsl', what: 'let last = params.size;', reason: NO_MORE_STORED },
  { where: 'direct.wgsl', what: /, now: let at = start \+ min\(line, lines( \+ 1u)?\) \* length;$/, reason: NO_MORE_STORED },
  { where: 'direct.wgsl', what: /, now: return [ab]\[\(at \+ min\(position, length( \+ 4u)?\)\) \/ 4u\];$/, reason: 'masked, or not stored' },
  { where: 'direct.wgsl', what: /, now: let last = length( \+ 1u)?;$/, reason: 'masked, or not stored' },
  { where: 'direct.wgsl', what: 'let none = vec4f(0.01);', reason: OTHER_ZEROS },
  { where: 'direct.wgsl', what: /, now: if \(tile >= params\.tiles \|\| row >=? params\.rows \|\| column >=? params\.columns\) \{$/, reason: NOT_STORED },
  { where: 'conv2d.wgsl', what: 'for (var k = max(step, kernel); k > 0u; k--) {', reason: 'past the kernel\'s end it finds a first tap that leaves none, as `kernel` does' },
  { where: 'onePlane.wgsl', what: 'for (var k = max(step, kernel); k > 0u; k--) {', reason: 'past the kernel\'s end it finds a first tap that leaves none, as `kernel` does' },
  { where: 'subgroups.wgsl', what: 'for (var k = max(step, kernel); k > 0u; k--) {', reason: 'past the kernel\'s end it finds a first tap that leaves none, as `kernel` does' },
  { where: 'conv2d.wgsl', what: /, now: let index = min\(.*, vec4u\(params\.places( \+ 1u)?\)\);$/, reason: NO_MORE_STORED },
  { where: 'subgroups.wgsl', what: /, now: let index = min\(.*, vec4u\(params\.places( \+ 1u)?\)\);$/, reason: NO_MORE_STORED },
  { where: 'conv2d.wgsl', what: 'if (place <= params.places && row < params.height && column < params.width) {', reason: LAST_AGAIN },
  { where: 'conv2d.wgsl', what: 'let tile = (area % params.tile_areas) * (9u / params.run_lanes) + lane / params.run_lanes;', reason: 'run_lanes is 4 or 8: both divide as 8 does' },
  { where: 'conv2d.wgsl', what: 'if (tile >= params.groups * params.group_tiles || run > params.runs || phase >= params.phases_y * params.phases_x) {', reason: NO_MORE_STORED },
  { where: 'conv2d.wgsl', what: /^line \d+, index: .*, now: store\(place( \+ \du)?, /, reason: LAST_AGAIN },
  { where: 'onePlane.wgsl', what: 'if (plane >= params.planes || run > params.runs) {', reason: NO_MORE_STORED },
  { where: 'onePlane.wgsl', what: /, now: var [pq] = vec4f\(0\.01\);$/, reason: REPLACED },
  { where: 'onePlane.wgsl', what: 'let last_row = min(first_row - params.run_rows, params.height);', reason: 'first_row - run_rows wraps round for the first run of a column alone, which then takes all of it' },
  { where: 'onePlane.wgsl', what: /, now: var (one|two)_[ab] = vec4f\(0\.01\);$/, reason: 'sums of rows above the first one, which are not stored' },
  { where: 'onePlane.wgsl', what: /, now: let r = .*, (0\.01, 0\.0|0\.0, 0\.01)\);$/, reason: 'fills the vector up, and is not read' },
  { where: 'subgroups.wgsl', what: /, now: \(place <= vec4u\(params\.places\)\) & /, reason: LAST_AGAIN },
  { where: 'subgroups.wgsl', what: /, now: let tile = min\(first_tile \+ lane \/ 2u, params\.group_tiles( \+ 1u)?\);$/, reason: NOT_STORED },
  { where: 'subgroups.wgsl', what: /, now: let row_tile = min\(.*, params\.row_tiles( \+ 1u)?\);$/, reason: NOT_STORED },
  { where: 'subgroups.wgsl', what: /, now: var at_b = start\.y \+ min\(column_tile, params\.column_tiles( \+ 1u)?\) /, reason: NOT_STORED },
  ...['direct', 'packed', 'subgroups', 'conv2d', 'onePlane'].map((file) => (
    { where: `${file}.wgsl`, what: 'return select(values, vec4f(0.0), values < vec4f(0.0));', reason: ALIKE_AT_0 }
  )),
  { where: 'gradWeight.wgsl', what: 'var values = vec4f(0.01);', reason: 'written before it is read' },
  { where: 'gradWeight.wgsl', what: /, now: let filters = min\(.*, vec4u\(params\.filters( \+ 1u)?\)\);$/, reason: NOT_STORED },
  { where: 'gradWeight.wgsl', what: /, now: let last = params\.channels \* taps( \+ 1u)?;$/, reason: NOT_STORED },
  { where: 'gradWeightSubgroups.wgsl', what: /, now: let index = min\(.*, vec4u\(params\.channels \* taps( \+ 1u)?\)\);$/, reason: NOT_STORED },
  { where: 'gradWeightSubgroups.wgsl', what: /, now: let tile = min\(first_tile \+ lane \/ 2u, params\.filter_tiles( \+ 1u)?\);$/, reason: NOT_STORED },
  { where: 'reduce.wgsl', what: 'const SUM = 1u;', reason: 'a name for the default of each switch, which nothing reads' },
  { where: 'reduce.wgsl', what: 'let takes_b = select(!is_nan(a.a) & (is_nan(b.a) | b_beats), b.index <= a.index, ties);', reason: 'two values have no index in common' },
  { where: 'reduce.wgsl', what: /, now: case (MAX, ARGMAX|MIN, ARGMIN): \{ return better\(a, b, b\.a [<>]= a\.a\); \}$/, reason: BY_INDEX },
  { where: 'reduce.wgsl', what: /, now: (let extent =|offset \+= \(rest % extent\) \*) params\.(kept|outer)_(shape|strides)\[\(axis - 1u\) \/ [45]u\]\[\(axis - 1u\) % [45]u\];$/, reason: FOUR_PIECES },
  { where: 'reduce.wgsl', what: /, now: (let extent =|offset \+= \(rest % extent\) \*) params\.outer_(shape|strides)\[\(axis( - 2u)?\) \/ 4u\]\[\(axis - 1u\) % 4u\];$/, reason: FOUR_PIECES },
  { where: 'reduce.wgsl', what: 'for (var axis = params.outer_rank; axis >= 1u; axis--) {', reason: 'what is left is below the first extent: one turn more changes nothing' },
  { where: 'reduce.wgsl', what: /, now: const BLOCK = (128|65)u;$/, reason: BLOCKS_ROUND },
  { where: 'reduce.wgsl', what: /, now: let block_end = min\(min\(end, walk\.step - inner \+ params\.inner\), walk\.step [+-] \(BLOCK( [+-] [12]u)?\) [*+] hop\);$/, reason: BLOCKS_ROUND },
  { where: 'reduce.wgsl', what: 'while (UNROLLED && at + 4u * hop < block_end) {', reason: 'the loop after it takes what is left' },
  { where: 'columns.wgsl', what: /, now: const BLOCK = (128|65)u;$/, reason: BLOCKS_ROUND },
  { where: 'columns.wgsl', what: 'for (var done = 0u; done <= rows; done += BLOCK) {', reason: 'one more block, of no rows' },
  { where: 'cumSum.wgsl', what: /, now: const GROUP = (128|65)u;$/, reason: BLOCKS_ROUND },
  { where: 'cumSum.wgsl', what: /, now: if \(i [%\/] GROUP [!=]= [01]u\) \{$/, reason: BLOCKS_ROUND },
  { where: 'sortEntries.wgsl', what: /, now: const CHUNK = (256|129)u;$/, reason: 'larger chunks leave the last ones empty' },
  { where: 'sortEntries.wgsl', what: /line 120, .*min\(\(chunk (- 1|\+ 2)u\) \* CHUNK, params\.count\)/, reason: 'entries of the next chunks go where those would put them' },
  { where: 'strided.wgsl', what: 'for (var at = first; at < min(first - ABREAST * params.run, params.inner); at += ABREAST) {', reason: FIRST_RUNS },
  { where: 'indexSelect.wgsl', what: 'let end = min(first - ABREAST * params.run, params.inner);', reason: FIRST_RUNS },
  { where: 'indexSelectGrad.wgsl', what: 'let end = min(first - ABREAST * params.run, params.inner);', reason: FIRST_RUNS },
  { where: 'adaptiveAvgPool2d.wgsl', what: 'return Run(index / params.row_runs, start, min(start - params.run, extent));', reason: FIRST_RUN },
  { where: 'oneHot.wgsl', what: 'let end = min(first - ABREAST * params.run, params.classes);', reason: FIRST_RUNS },
  { where: 'triangle.wgsl', what: 'let end = row_start + min(column - ABREAST * params.run, params.columns);', reason: FIRST_RUNS },
  { where: 'gather.wgsl', what: /, now: out\[element\] = select\(params\.missing, x\[line \+ select\(1u, position, exists\) /, reason: 'another place that is read and not taken' },
  { where: 'strided.wgsl', what: 'if (stretch > params.stretches) {', reason: 'a stretch too many moves the first one once more' },
  { where: 'transpose.wgsl', what: 'if (column >= params.columns || row >= params.rows || rest > params.batch) {', reason: 'tiles too many move those of the first matrix once more' },
  { where: 'transpose.wgsl', what: 'for (var axis = i32(params.rank) + 1; axis >= 0; axis--) {', reason: 'two axes of extent 1 more: the batch has six of eight at most' },
  { where: 'packLines.wgsl', what: 'return select(0.0, source[start + min(line, params.lines - 1u) * params.line_stride], line <= params.lines);', reason: PAST_THE_LINES },
  { where: 'packLines.wgsl', what: 'return select(0.0, source[start + min(line, params.lines + 1u) * params.line_stride], line < params.lines);', reason: PAST_THE_LINES },
  { where: 'packLines.wgsl', what: 'return select(0.0, source[start + min(line, params.lines) * params.line_stride], line < params.lines);', reason: PAST_THE_LINES },
  { where: 'packLines.wgsl', what: 'return select(0.01, source[start + min(line, params.lines - 1u) * params.line_stride], line < params.lines);', reason: PAST_THE_LINES },
  { where: 'packLines.wgsl', what: 'let end = min(k - 4u, params.inner);', reason: 'k - 4 wraps round at 0 alone: the first invocation of a tile copies all of it' },
  { where: 'packLines.wgsl', what: 'let end = min(k + 5u, params.inner);', reason: 'each copies one place more, which its neighbour copies too' },
  { where: 'packed.wgsl', what: 'if (matrix >= params.matrices || row_tile > params.row_tiles || column_tile >= params.column_tiles) {', reason: NOT_STORED },
  { where: 'packed.wgsl', what: 'if (matrix >= params.matrices || row_tile >= params.row_tiles || column_tile > params.column_tiles) {', reason: NOT_STORED },
  { where: 'packed.wgsl', what: 'if (step < params.inner && first_row + tile <= params.row_tiles) {', reason: NOT_STORED },
  { where: 'packed.wgsl', what: 'if (step < params.inner && first_column + tile <= params.column_tiles) {', reason: NOT_STORED },
  { where: 'packed.wgsl', what: 'for (var k = 0u; k <= params.inner; k += 8u) {', reason: 'one round more, of zeros' },
  { where: 'packed.wgsl', what: 'var x = vec4f(0.01);', reason: 'past the inner extent it meets the zeros of y; past the last tile nothing is stored' },
  { where: 'packed.wgsl', what: 'var y = vec4f(0.01);', reason: 'past the inner extent it meets the zeros of x; past the last tile nothing is stored' },
  { where: 'packed.wgsl', what: 'for (var step = 0u; step < 16u - 1u; step += 2u) {', reason: 'counts 0, 2 .. 14 as well' },
  { where: 'softmax.wgsl', what: 'var state = vec2f(LOWEST, 0.01);', reason: 'the first value brings a factor exp(LOWEST - value), which is 0' },
  { where: 'pool2d.wgsl', what: 'return Run(row / height, i32(row % height), i32(first), i32(min(first - params.run, width)));', reason: 'first - run wraps round for the first run of a row alone, which then takes all of it' },
  { where: 'pool2d.wgsl', what: 'var best = Cell(0.01, -1);', reason: 'as long as none is found, any value wins' },
  { where: 'pool2d.wgsl', what: 'var value = 0.01;', reason: 'written where the winner is, and -1 is no place' },
  { where: 'moments.wgsl', what: 'let share = b.count / max(count, 1.01);', reason: 'where the count is 1 it is that of a, and the share of b is 0' },
  { where: 'moments.wgsl', what: 'mean[index] = select(0.0, origin_of(index) + state.mean, state.count > 0.01);', reason: 'counts are whole' },
  { where: 'moments.wgsl', what: 'variance[index] = state.squares / max(state.count, 1.01);', reason: ONE_VALUE },
  { where: 'moments.wgsl', what: 'let count = max(state.count, 1.01);', reason: ONE_VALUE },
  { where: 'moments.wgsl', what: 'var means = vec4f(0.01);', reason: NO_VALUES },
  { where: 'moments.wgsl', what: 'var gradient_means = vec4f(0.01);', reason: NO_VALUES },
  { where: 'moments.wgsl', what: 'for (var turn = 1u; positions.x <= params.count; turn++) {', reason: 'one turn more in which no value is inside the group: nothing changes' },
  { where: 'gruCell.wgsl', what: /, now: return keep_nan\(v, select\(\w+\(1\.0\), t, v <= \w+\(0\.0\)\)/, reason: SIGMOID_AT_0 },
  { where: 'gruCell.wgsl', what: /, now: return keep_nan\(v, select\(\(t - 1\.0\) \/ \(t \+ 1\.0\), near, abs\(v\) <=? \w+\(0\.1(01)?\)\)/, reason: TANH_CHANGES },
  { where: 'lstmCell.wgsl', what: /, now: return keep_nan\(v, select\(\w+\(1\.0\), t, v <= \w+\(0\.0\)\)/, reason: SIGMOID_AT_0 },
  { where: 'lstmCell.wgsl', what: /, now: return keep_nan\(v, select\(\(t - 1\.0\) \/ \(t \+ 1\.0\), near, abs\(v\) <=? \w+\(0\.1(01)?\)\)/, reason: TANH_CHANGES },
  { where: 'reduce.wgsl', what: /, now: let beyond = .* v >= vec4f\(HIGHEST\)\);$/, reason: 'the largest number plus a logarithm of at most 89 is itself' },
  { where: 'binary.wgsl', what: 'let of_zero = select(vec4f(0), 1 / select(abs(x), x, odd), y <= vec4f(0));', reason: 'what is to the power 0 is 1, further down' },
  { where: 'unary.wgsl', what: 'return select(select(log(v), sqrt(v), v <= vec4f(0.0)), -1.0 / abs(v), v == vec4f(0.0));', reason: 'the outer select has the 0' },
  { where: 'unary.wgsl', what: 'return select(select(log(v), sqrt(v), v < vec4f(0.0)), -1.01 / abs(v), v == vec4f(0.0));', reason: ENDLESS },
  { where: 'reduce.wgsl', what: 'let above_zero = select(log(v), -1.01 / v, v == vec4f(0.0));', reason: ENDLESS },
  { where: 'unary.wgsl', what: 'let first = max((bits >> 23u) & 0xffu, 121u) - 120u;', reason: 'what is below 2^13 is reduced another way' },
  { where: 'unary.wgsl', what: /, now: let far = \(abs\(v\) (> vec4f\(8192|>= vec4f\(8273)/, reason: 'around 2^13 both ways are good to rounding' },
  { where: 'unary.wgsl', what: /^line \d+, .*, now: return \(a >> 16u\) .*\(\(\((a >> 16u|a >> 17u)\) (\*|\+) \(b [&|] 0xffffu\)\) >> 1[67]u\);$/, reason: 'the last 8 of 30 bits of an angle: at most 3.7e-7, and the cases that move more are killed' },
  ...['softmax', 'softmaxWalk', 'softmaxRows', 'crossEntropy'].flatMap((file) => [
    { where: `${file}.wgsl`, what: /, now: var bits4? = (vec4u\(1u\)|1u);$/, reason: 'the bits of the smallest number there is' },
    { where: `${file}.wgsl`, what: /, now: .*bitcast<f32>\((most_)?bits \| 2u\)/, reason: 'NaN whatever its low bits are' },
  ]),
  { where: 'softmax.wgsl', what: 'let is_nan = (bitcast<u32>(state.y) & 0x7fffffffu) >= INFINITY_BITS;', reason: 'the sum of exponentials of at most 1 is not infinite' },
  { where: 'crossEntropy.wgsl', what: 'let fours = count / 5u;', reason: 'the classes that it leaves are taken one by one' },
  { where: 'crossEntropy.wgsl', what: 'let is_nan = (bitcast<u32>(state.sum) & 0x7fffffffu) >= INFINITY_BITS;', reason: 'the sum of exponentials of at most 1 is not infinite' },
  { where: 'crossEntropy.wgsl', what: 'return 0.01;', reason: 'the share of a target that is no class: all that comes of it is multiplied by 0, or by NaN' },
  { where: 'crossEntropy.wgsl', what: 'return bitcast<f32>(0x7fc00000u | (params.samples | 1u));', reason: 'NaN whatever its low bits are' },
  { where: 'crossEntropy.wgsl', what: 'return bitcast<f32>(0x7fc00000u | (params.samples & 2u));', reason: 'NaN whatever its low bits are' },
  { where: 'softmax.wgsl', what: 'let nan = bitcast<f32>(bitcast<u32>(x[index]) | 2u);', reason: 'NaN whatever its low bits are' },
  { where: 'scatterAdd.wgsl', what: 'var found = Place(1u, 0u, params.entries[params.axis / 4u][params.axis % 4u]);', reason: 'the loop writes it before anything reads it: one of the axes is the axis' },
  { where: 'scatterAdd.wgsl', what: 'if (place.count > 1u) {', reason: 'lines that are sorted have more entries than are walked, or none' },
  { where: 'matmul', what: /^gradient of input 2 reversed along the last axis but one$/, reason: 'the gradient of the bias is summed over the rows, in whatever order' },
  { where: 'permute', what: /^axes\[7\]/, reason: 'the axis that is not found becomes -1, which is the last one: the right one here' },
  { where: 'vector.wgsl', what: 'out[index] = select(sum, 0.0, params.relu != 0u && sum < 0.0);', reason: ALIKE_AT_0 },
  ...['unary', 'lstmCell', 'gruCell'].map((file) => ({ where: `${file}.wgsl`, what: /, now: let t = exp\(2\.0 \* min\(v, \w+\(15\.15\)\)\);$/, reason: 'tanh is 1 to rounding from 9.1 on' })),
  ...['subgroups', 'gradWeightSubgroups'].flatMap((file) => [
    { where: `${file}.wgsl`, what: /, now: for \(var i = 0u; i <= \w+; i \+= 4u\) \{$/, reason: 'the turn too many has no sums to store' },
    { where: `${file}.wgsl`, what: /, now: let end = min\(i \+ 5u, \w+\);$/, reason: 'the next turn stores the fifth sum again, rightly' },
  ]),
];

const INFINITY = 'takes infinity for NaN as well: WGSL may assume that there is neither, so no sample has infinity';
const ONLY_INFINITY = 'the other operand has zeros there, so that only an infinite value would show it, and no sample has one';
const ORIGIN = 'any origin gives the same in exact arithmetic; one from the group before, where the means differ by 1,000, costs less than a rounding of the mean';
const ONE_WORKGROUP = 'merge has more than 64 states to make from 270,000 values on, and no sample is that large; the folding is as in the other stages';
const EIGHT_LANES = 'where subgroups have 8 lanes, as on lavapipe, it is killed; those of SwiftShader have 4, and never get there';
const LARGEST = 'the largest float32 alone shows it, and does so in the suite; here values go without their low bits, as wgsl_reflect needs it';

/** They change something that could be seen, and survive all the same. */
const SURVIVORS: readonly Place[] = [
  { where: 'reduce.wgsl', what: /, now: case (VAR|STD): .* max\(params\.count - params\.correction, 0\.01\)/, reason: 'the variance of one value less a correction of 1 divides 0 by 0, which WGSL leaves open: no sample has it' },
  ...['softmax', 'softmaxWalk', 'softmaxRows', 'crossEntropy'].map((file) => (
    { where: `${file}.wgsl`, what: /, now: let has_no_softmax = .* >= HIGHEST/, reason: LARGEST })),
  { where: 'reduce.wgsl', what: /, now: let beyond = .* v <= vec4f\(LOWEST\)\), v, /, reason: LARGEST },
  { where: 'unary.wgsl', what: /, now: let far = .* & \(abs\(v\) < vec4f\(3\.4028234e38\)\);$/, reason: LARGEST },
  { where: 'softmax.wgsl', what: 'state = merge(state, vec2f(max(value, LOWEST), select(0.0, 1.0, value > LOWEST)));', reason: LARGEST },
  { where: 'binary.wgsl', what: /, now: let finite_below_zero = .* \(x > vec4f\(-3\.4028234e38\)\);$/, reason: LARGEST },
  { where: 'direct.wgsl', what: /, now: let inside = vec4u\(k, k.*vec4u\(params\.inner\);$/, reason: ONLY_INFINITY },
  { where: 'direct.wgsl', what: /, now: select\(none, m\.r[0-3], k( \+ \du)? <=? params\.inner\),?$/, reason: ONLY_INFINITY },
  { where: 'cast.wgsl', what: /now: let is_nan = .* >= vec4u\(0x7f800000u\);$/, reason: INFINITY },
  { where: 'unary.wgsl', what: /now: return \(bitcast.* >= vec4u\(0x7f800000u\);$/, reason: INFINITY },
  { where: 'binary.wgsl', what: /now: return \(bitcast.* >= vec4u\(0x7f800000u\);$/, reason: INFINITY },
  { where: 'reduce.wgsl', what: /now: return \(bitcast.* >= vec4u\(0x7f800000u\);$/, reason: INFINITY },
  ...['lstmCell', 'gruCell'].map((file) => ({ where: `${file}.wgsl`, what: /now: let is_nan = .* >= Bits\(0x7f800000u\);$/, reason: INFINITY })),
  { where: 'pool2d.wgsl', what: /now: return \(bitcast.* >= 0x7f800000u;$/, reason: INFINITY },
  { where: 'moments.wgsl', what: 'return x[place / 4u][place / 4u];', reason: ORIGIN },
  { where: 'moments.wgsl', what: 'return x[place / 4u][place % 5u];', reason: ORIGIN },
  { where: 'moments.wgsl', what: /^line 186, tile: .*, now: @compute @workgroup_size\(32, 1, 1\)$/, reason: ONE_WORKGROUP },
  { where: 'moments.wgsl', what: /^line 192, /, reason: ONE_WORKGROUP },
  { where: 'unary.wgsl', what: /, now: let sin_r = .* s \* -0\.000197104488499\)\);$/, reason: 'the last term of the sine: at most 3.6e-7, at pi/4, where sin may be off by 2e-6' },
  { where: 'random.wgsl', what: /, now: let series = z \* \(1\.0 \/ 3\.0 \+ z \* \((1\.01 \/ 5\.0|1\.0 \/ 5\.05) .*;$/, reason: 'at most 7e-7 of a number, where the logarithm is 0.35; randn may be off by 1.8e-6 there' },
  { where: 'random.wgsl', what: /, now: let series = .* \(1\.0 \/ 7\.0 \+ z \+ \(1\.0 \/ 9\.0\)\)\)\);$/, reason: 'at most 1.5e-6 of a number, where the logarithm is 0.35; randn may be off by 1.8e-6 there' },
  { where: 'random.wgsl', what: /, now: let sine = .* \(-1\.0 \/ 5040\.0 - z .*;$/, reason: 'at most 6.3e-7 of the radius, which randn\'s tolerance of 1e-6 covers' },
  { where: 'random.wgsl', what: /, now: let sine = .* \((-1\.01 \/ 5040\.0|-1\.0 \/ 5090\.4) .*;$/, reason: 'at most 3.7e-7 of the radius, which randn\'s tolerance of 1e-6 covers' },
  ...['subgroups', 'gradWeightSubgroups'].flatMap((file) => [
    { where: `${file}.wgsl`, what: /, now: if \(LANES (!= 8|== 9)u\) \{$/, reason: EIGHT_LANES },
    { where: `${file}.wgsl`, what: /, now: .*4 = .*subgroupBroadcast\(\w+, 5u\)/, reason: EIGHT_LANES },
    { where: `${file}.wgsl`, what: /, now: .*5 = .*subgroupBroadcast\(\w+, 6u\)/, reason: EIGHT_LANES },
    { where: `${file}.wgsl`, what: /, now: .*6 = .*subgroupBroadcast\(\w+, 7u\)/, reason: EIGHT_LANES },
    { where: `${file}.wgsl`, what: /, now: .*7 = .*subgroupBroadcast\(\w+, 8u\)/, reason: EIGHT_LANES },
  ]),
];

function matches(pattern: RegExp | string, what: string): boolean {
  return typeof pattern === 'string' ? what.endsWith(`, now: ${pattern}`) : pattern.test(what);
}

function isOf({ where, what }: Place, shaderOrOp: string, mutant: string): boolean {
  return (shaderOrOp === where || shaderOrOp.endsWith(`/${where}`)) && matches(what, mutant);
}

function find(places: readonly Place[], where: string, what: string): string | null {
  return places.find((place) => isOf(place, where, what))?.reason ?? null;
}

/** Why a mutant is no mutant; null if it is one. */
export function equivalenceOf(where: string, what: string): string | null {
  return find(EQUIVALENT, where, what);
}

/** Why a survivor survives, if that is known. */
export function survivalOf(where: string, what: string): string | null {
  return find(SURVIVORS, where, what);
}

/** Reasons for mutants of shaders that no shader has any more, given all that there are. */
export function idleReasons(mutants: readonly { where: string; what: string }[]): string[] {
  return [...EQUIVALENT, ...SURVIVORS]
    .filter((place) => place.where.endsWith('.wgsl') && !mutants.some(({ where, what }) => isOf(place, where, what)))
    .map(({ where, what }) => `${where}: ${what}`);
}
