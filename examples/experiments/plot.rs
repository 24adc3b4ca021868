//! Line plots in a frame, as SVG.

/// What is plotted, and in which frame.
pub struct Plot<'a> {
    pub title: &'a str,
    pub x: &'a str,
    pub y: &'a str,
    /// Lower end of y; the upper end is 100.
    pub least: f64,
    /// Whether x is logarithmic.
    pub logarithmic: bool,
    pub lines: Vec<Line>,
}

/// Points in ascending x, joined by lines.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    pub dashed: bool,
    /// Colour number; lines with the same number share a colour.
    pub colour: usize,
}

/// Colours that the colour-blind can tell apart (Okabe and Ito).
const COLOURS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333",
];
const SIZE: [f64; 2] = [720.0, 400.0];
/// The frame's left, top, right and bottom.
const FRAME: [f64; 4] = [60.0, 40.0, 520.0, 350.0];

impl Plot<'_> {
    /// Returns the whole picture.
    pub fn svg(&self) -> String {
        let [left, top, right, bottom] = FRAME;
        let scale = |x: f64| if self.logarithmic { x.log2() } else { x };
        let xs = || self.lines.iter().flat_map(|line| &line.points).map(|point| point.0);
        let (low, high) = (xs().fold(f64::MAX, f64::min), xs().fold(f64::MIN, f64::max));
        let low = if self.logarithmic { low } else { 0.0 };
        let span = (scale(high) - scale(low)).max(1e-9);
        let at_x = |x: f64| left + (scale(x) - scale(low)) / span * (right - left);
        let at_y = |y: f64| bottom - (y - self.least) / (100.0 - self.least) * (bottom - top);
        let [width, height] = SIZE;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
             <text x=\"{left}\" y=\"24\" font-size=\"15\">{}</text>\n",
            self.title
        );
        let mut add = |text: String| svg += &(text + "\n");
        // What lies below the frame stays out of the picture.
        add(format!(
            "<clipPath id=\"frame\"><path d=\"M{left} {}H{}V{bottom}H{left}z\"/></clipPath>",
            top - 2.0,
            right + 2.0
        ));
        for y in (0..=5).map(|i| self.least + f64::from(i) * (100.0 - self.least) / 5.0) {
            let v = at_y(y);
            add(format!(
                "<path d=\"M{left} {v}H{right}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{y}</text>",
                left - 6.0,
                v + 4.0
            ));
        }
        for x in self.ticks(low, high) {
            let h = at_x(x);
            add(format!(
                "<path d=\"M{h:.1} {bottom}v5\" stroke=\"#333\"/><text x=\"{h:.1}\" y=\"{}\" text-anchor=\"middle\">{x}</text>",
                bottom + 18.0
            ));
        }
        add(format!(
            "<path d=\"M{left} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#333\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            (left + right) / 2.0,
            bottom + 38.0,
            self.x,
            (top + bottom) / 2.0,
            self.y
        ));
        for (i, line) in self.lines.iter().enumerate() {
            let points: Vec<String> = line
                .points
                .iter()
                .map(|(x, y)| format!("{:.1},{:.1}", at_x(*x), at_y(*y)))
                .collect();
            let (colour, points) = (COLOURS[line.colour % COLOURS.len()], points.join(" "));
            let dash = if line.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}");
            let y = top + 18.0 * i as f64 + 8.0;
            let x = right + 16.0;
            add(format!(
                "<polyline points=\"{points}\" clip-path=\"url(#frame)\" {style}/>"
            ));
            add(format!(
                "<path d=\"M{x} {y}h22\" {style}/><text x=\"{}\" y=\"{}\">{}</text>",
                x + 28.0,
                y + 4.0,
                line.name
            ));
        }
        svg + "</svg>\n"
    }

    /// Returns the values of x that are labelled: powers of two, or about six round steps.
    fn ticks(&self, low: f64, high: f64) -> Vec<f64> {
        if self.logarithmic {
            let powers = (-10..20).map(|power| 2f64.powi(power));
            return powers.filter(|x| (low..=high * 1.001).contains(x)).collect();
        }
        let rough = (high - low).max(1e-9) / 6.0;
        let unit = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|m| m * unit)
            .into_iter()
            .find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        (0..=12)
            .map(|i| i as f64 * step)
            .filter(|x| *x <= high * 1.001)
            .collect()
    }
}
