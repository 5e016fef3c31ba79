//! A plot with two logarithmic axes, as SVG.

use std::fmt::Write as _;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;

/// Lines over two logarithmic axes.
#[derive(Debug)]
pub struct Plot<'a> {
    /// What is shown.
    pub title: &'a str,
    /// The name of the horizontal axis, with its unit.
    pub across: &'a str,
    /// The name of the vertical axis, with its unit.
    pub up: &'a str,
    /// What is drawn.
    pub lines: &'a [Line<'a>],
}

/// A line through points.
#[derive(Debug)]
pub struct Line<'a> {
    /// What it is.
    pub name: &'a str,
    /// Its points: across, up; all above zero.
    pub points: &'a [(f64, f64)],
    /// Its colour in CSS.
    pub colour: &'a str,
    /// Whether it is a bound, drawn dashed, and not a measurement.
    pub bound: bool,
}

/// The powers of ten that an axis spans, as exponents.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    low: i32,
    high: i32,
}

impl Axis {
    fn over(numbers: impl Iterator<Item = f64> + Clone) -> Self {
        let smallest = numbers.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let largest = numbers.fold(f64::NEG_INFINITY, f64::max).log10().ceil();
        // Exponents of finite numbers are small.
        let (low, high) = (smallest as i32, largest as i32);
        Self { low, high: high.max(low + 1) }
    }

    /// Where a number stands, from 0 at the low end to 1 at the high end.
    fn part(self, number: f64) -> f64 {
        (number.log10() - f64::from(self.low)) / f64::from(self.high - self.low)
    }

    fn ticks(self) -> impl Iterator<Item = f64> {
        (self.low..=self.high).map(|exponent| 10_f64.powi(exponent))
    }
}

impl Plot<'_> {
    /// The plot as an SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        let points = self.lines.iter().flat_map(|line| line.points);
        let across = Axis::over(points.clone().map(|point| point.0));
        let up = Axis::over(points.map(|point| point.1));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
        );
        svg +=
            &text((WIDTH / 2.0, 22.0), "middle", &format!("<tspan font-size=\"15\">{}</tspan>", self.title));
        svg += &self.grid(across, up);
        for (index, line) in self.lines.iter().enumerate() {
            svg += &line.draw(across, up);
            svg += &line.legend(index);
        }
        svg + "</svg>\n"
    }

    fn grid(&self, across: Axis, up: Axis) -> String {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        let mut grid = String::new();
        for tick in across.ticks() {
            let x = x_of(across, tick);
            grid += &rule((x, TOP), (x, bottom));
            grid += &text((x, bottom + 18.0), "middle", &number(tick));
        }
        for tick in up.ticks() {
            let y = y_of(up, tick);
            grid += &rule((LEFT, y), (right, y));
            grid += &text((LEFT - 8.0, y + 4.0), "end", &number(tick));
        }
        grid += &text((f64::midpoint(LEFT, right), HEIGHT - 16.0), "middle", self.across);
        let middle = f64::midpoint(TOP, bottom);
        let name = text((0.0, 0.0), "middle", self.up);
        // Writing to a String cannot fail.
        let _ = writeln!(grid, "<g transform=\"translate(22 {middle}) rotate(-90)\">{}</g>", name.trim_end());
        grid
    }
}

impl Line<'_> {
    fn draw(&self, across: Axis, up: Axis) -> String {
        let places: Vec<_> = self.points.iter().map(|(x, y)| (x_of(across, *x), y_of(up, *y))).collect();
        let path: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let mut drawn = format!("<polyline points=\"{}\" {}/>\n", path.join(" "), self.stroke());
        for (x, y) in places.iter().filter(|_| !self.bound) {
            // Writing to a String cannot fail.
            let _ = writeln!(drawn, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{}\"/>", self.colour);
        }
        drawn
    }

    fn legend(&self, index: usize) -> String {
        let y = TOP + 16.0 + 18.0 * index as f64;
        let (start, end) = (LEFT + 12.0, LEFT + 40.0);
        let sample = format!("<polyline points=\"{start},{y} {end},{y}\" {}/>\n", self.stroke());
        sample + &text((end + 8.0, y + 4.0), "start", self.name)
    }

    fn stroke(&self) -> String {
        let dashes = if self.bound { " stroke-dasharray=\"6 4\"" } else { "" };
        format!("fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{dashes}", self.colour)
    }
}

fn x_of(axis: Axis, number: f64) -> f64 {
    LEFT + axis.part(number) * (WIDTH - LEFT - RIGHT)
}

fn y_of(axis: Axis, number: f64) -> f64 {
    HEIGHT - BOTTOM - axis.part(number) * (HEIGHT - TOP - BOTTOM)
}

fn rule((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#dddddd\"/>\n")
}

fn text((x, y): (f64, f64), anchor: &str, content: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#222222\">{content}</text>\n")
}

/// A power of ten with its thousands apart.
fn number(tick: f64) -> String {
    if tick < 1000.0 {
        return tick.to_string();
    }
    let digits = tick.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_spans_whole_powers_of_ten() {
        let axis = Axis::over([3.0, 900.0].into_iter());
        assert_eq!(axis, Axis { low: 0, high: 3 });
        assert!((axis.part(1000.0) - 1.0).abs() < 1e-9);
        assert_eq!(axis.ticks().map(number).collect::<Vec<_>>(), ["1", "10", "100", "1,000"]);
    }

    #[test]
    fn every_measured_point_is_drawn() {
        let points = [(1.0, 2.0), (10.0, 20.0), (100.0, 250.0)];
        let lines = [Line { name: "measured", points: &points, colour: "#005f87", bound: false }];
        let svg = Plot { title: "t", across: "x", up: "y", lines: &lines }.svg();
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.ends_with("</svg>\n"));
    }
}
