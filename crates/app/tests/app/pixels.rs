//! The window as pixels, without a screen or a GPU: the same on every machine. Pictures can be kept in
//! `target/tmp/window/`, to be looked at.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use egui_kittest::{Harness, TestRenderer};
use hrm_app::Contents;
use hrm_app::egui::epaint::{ImageData, Primitive, Vertex};
use hrm_app::egui::{Color32, ColorImage, Mesh, Pos2, Rect, TextureId, TexturesDelta, Vec2};
use hrm_app::settings::Theme;
use hrm_app::state::State;

/// The textures that the window has handed over.
#[derive(Clone, Default)]
struct Textures(Arc<Mutex<HashMap<TextureId, ColorImage>>>);

impl TestRenderer for Textures {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        let mut textures = self.0.lock().unwrap();
        delta.free.clear();
        for (id, deltas) in delta.set.drain() {
            for delta in deltas {
                let ImageData::Color(image) = delta.image;
                match (delta.pos, textures.get_mut(&id)) {
                    (Some([left, top]), Some(whole)) => {
                        for y in 0..image.height() {
                            for x in 0..image.width() {
                                whole[(left + x, top + y)] = image[(x, y)];
                            }
                        }
                    }
                    _ => drop(textures.insert(id, (*image).clone())),
                }
            }
        }
    }
}

/// A window whose pixels can be seen.
pub struct Seen {
    pub harness: Harness<'static, Contents>,
    textures: Textures,
}

impl Seen {
    /// Opens a window.
    pub fn new(mut state: State, size: impl Into<Vec2>, theme: Theme) -> Seen {
        state.settings.theme = theme;
        let textures = Textures::default();
        let harness = Harness::builder()
            .with_size(size)
            .renderer(textures.clone())
            .build_ui_state(
                |ui, contents: &mut Contents| {
                    contents.logic(ui.ctx());
                    contents.ui(ui);
                },
                Contents::new(state),
            );
        Seen { harness, textures }
    }

    /// Returns what the window shows.
    pub fn picture(&mut self) -> Picture {
        self.harness.run_ok();
        let size = self.harness.ctx.content_rect().size();
        let mut picture = Picture {
            width: size.x as usize,
            height: size.y as usize,
            pixels: vec![Color32::BLACK; size.x as usize * size.y as usize],
        };
        let shapes = self.harness.output().shapes.clone();
        let textures = self.textures.0.lock().unwrap();
        for clipped in self.harness.ctx.tessellate(shapes, 1.0) {
            let Primitive::Mesh(mesh) = &clipped.primitive else {
                panic!("nothing but meshes")
            };
            picture.paint(mesh, clipped.clip_rect, &textures[&mesh.texture_id]);
        }
        picture
    }
}

/// Pixels, row by row.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pixels: Vec<Color32>,
}

impl Picture {
    /// Returns the colour of a place in points, of which a pixel has one.
    pub fn at(&self, x: f32, y: f32) -> Color32 {
        assert!(
            x >= 0.0 && y >= 0.0 && (x as usize) < self.width && (y as usize) < self.height,
            "{x} {y}"
        );
        self.pixels[y as usize * self.width + x as usize]
    }

    /// Returns whether a dark line passes within two pixels of a place, in a direction.
    pub fn has_line(&self, at: Pos2, across: Vec2) -> bool {
        let is_dark = |c: Color32| u32::from(c.r()) + u32::from(c.g()) + u32::from(c.b()) < 600;
        let places = (-2..=1).map(|by| at + across * by as f32);
        places.into_iter().any(|place| is_dark(self.at(place.x, place.y)))
    }

    fn paint(&mut self, mesh: &Mesh, clip: Rect, texture: &ColorImage) {
        for corners in mesh.indices.chunks_exact(3) {
            let [a, b, c] = [0, 1, 2].map(|i| mesh.vertices[corners[i] as usize]);
            let area = cross(&a, &b, c.pos.x, c.pos.y);
            if area != 0.0 {
                // The corners in one order, so that of an edge only one side has its pixels.
                let [b, c] = if area > 0.0 { [b, c] } else { [c, b] };
                self.triangle([a, b, c], area.abs(), clip, texture);
            }
        }
    }

    fn triangle(&mut self, [a, b, c]: [Vertex; 3], area: f32, clip: Rect, texture: &ColorImage) {
        let around = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
        let range =
            |from: f32, to: f32, most: usize| from.floor().max(0.0) as usize..(to.ceil().max(0.0) as usize).min(most);
        for y in range(around.top(), around.bottom(), self.height) {
            for x in range(around.left(), around.right(), self.width) {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let inside = clip.left().round() <= px && px < clip.right().round();
                if !inside || py < clip.top().round() || py >= clip.bottom().round() {
                    continue;
                }
                let edges = [(&b, &c), (&c, &a), (&a, &b)];
                let parts = edges.map(|(from, to)| cross(from, to, px, py));
                let is_in = edges
                    .iter()
                    .zip(parts)
                    .all(|((from, to), part)| part > 0.0 || (part == 0.0 && is_first(from, to)));
                if !is_in {
                    continue;
                }
                let mix = |of: &dyn Fn(&Vertex) -> f32| {
                    let [a, b, c] = [&a, &b, &c].map(of);
                    (a * parts[0] + b * parts[1] + c * parts[2]) / area
                };
                let texel = |part: f32, most: usize| ((part * most as f32) as usize).min(most - 1);
                let texel = texture[(
                    texel(mix(&|v| v.uv.x), texture.width()),
                    texel(mix(&|v| v.uv.y), texture.height()),
                )];
                let over =
                    |i: usize| mix(&|v| f32::from(v.color.to_array()[i])) * f32::from(texel.to_array()[i]) / 255.0;
                let below = &mut self.pixels[y * self.width + x];
                let clear = 1.0 - over(3) / 255.0;
                let [r, g, b] = [0, 1, 2].map(|i| (over(i) + f32::from(below.to_array()[i]) * clear).round() as u8);
                *below = Color32::from_rgb(r, g, b);
            }
        }
    }

    /// Keeps the picture, to be looked at.
    pub fn keep(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window");
        std::fs::create_dir_all(&folder).unwrap();
        self.save(&folder.join(name));
    }

    /// Writes the picture without the margin that the harness leaves around it.
    pub fn save(&self, path: &Path) {
        const MARGIN: usize = 8;
        let [columns, rows] = [self.width, self.height].map(|side| MARGIN..side - MARGIN);
        let rows_of = rows.clone().map(|y| &self.pixels[y * self.width..][columns.clone()]);
        let bytes: Vec<u8> = rows_of.flatten().flat_map(|c| [c.r(), c.g(), c.b()]).collect();
        let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
        let mut encoder = png::Encoder::new(file, columns.len() as u32, rows.len() as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    }
}

/// Returns on which side of an edge a point lies, and how far, as a part of a triangle.
fn cross(from: &Vertex, to: &Vertex, x: f32, y: f32) -> f32 {
    (to.pos.x - from.pos.x) * (y - from.pos.y) - (to.pos.y - from.pos.y) * (x - from.pos.x)
}

/// Returns whether a triangle has the pixels on this edge: its upper and left ones.
fn is_first(from: &Vertex, to: &Vertex) -> bool {
    (from.pos.y == to.pos.y && from.pos.x < to.pos.x) || from.pos.y > to.pos.y
}
