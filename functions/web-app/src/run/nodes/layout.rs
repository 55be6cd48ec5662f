//! Where the nodes of a graph stand in its drawing: in layers from left to right, each node behind those that lead to it.
//!
//! Links that would go back are turned for the time being, so that no cycle is left; a node's layer is the length of the
//! longest path to it; the order within layers follows the neighbours' (barycentres, a few sweeps both ways); a link across
//! layers is led through each of them, so that it passes between nodes and not behind them.

use std::collections::BTreeSet;

/// The size of a node, and the space between nodes.
pub(super) const NODE_WIDTH: f64 = 192.0;
pub(super) const NODE_HEIGHT: f64 = 44.0;
const LAYER_GAP: f64 = 44.0;
const NODE_GAP: f64 = 16.0;
/// What a link takes where it passes a layer.
const PASSAGE: f64 = 12.0;
/// With more passages than this, links go straight: a drawing like that is read by its nodes.
const MAX_PASSAGES: usize = 1500;
const SWEEPS: usize = 4;

/// A drawing's geometry.
#[derive(Debug)]
pub(super) struct Layout {
    /// The top left corner of each node.
    pub(super) nodes: Vec<(f64, f64)>,
    /// The points of each link, from its source to its sink.
    pub(super) links: Vec<Vec<(f64, f64)>>,
    /// How wide it is.
    pub(super) width: f64,
    /// How high it is.
    pub(super) height: f64,
}

/// What stands in a layer: a node, or the passage of a link.
#[derive(Debug)]
struct Item {
    layer: usize,
    height: f64,
    before: Vec<usize>,
    after: Vec<usize>,
    y: f64,
}

/// Places `count` nodes that are linked like this. Links that name other nodes are left out of it.
pub(super) fn layout(count: usize, links: &[(usize, usize)]) -> Layout {
    let known = |(source, sink): &(usize, usize)| *source < count && *sink < count;
    let links: Vec<_> = links.iter().copied().filter(known).collect();
    let forward = without_cycles(count, &links);
    let layers_of = layers(count, &forward);
    let mut items: Vec<Item> = layers_of.iter().map(|layer| Item::new(*layer, NODE_HEIGHT)).collect();
    let span = |(source, sink): &(usize, usize)| layers_of[*sink].saturating_sub(layers_of[*source]);
    let passages: usize = forward.iter().map(|link| span(link).saturating_sub(1)).sum();
    let mut chains = Vec::with_capacity(forward.len());
    for link in &forward {
        let mut chain = vec![link.0];
        if passages <= MAX_PASSAGES {
            for step in 1..span(link) {
                items.push(Item::new(layers_of[link.0] + step, PASSAGE));
                chain.push(items.len() - 1);
            }
        }
        chain.push(link.1);
        for pair in chain.windows(2).filter(|pair| pair[0] != pair[1]) {
            items[pair[0]].after.push(pair[1]);
            items[pair[1]].before.push(pair[0]);
        }
        chains.push(chain);
    }
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); layers_of.iter().max().map_or(0, |last| last + 1)];
    for (item, Item { layer, .. }) in items.iter().enumerate() {
        order[*layer].push(item);
    }
    arrange(&mut items, &mut order);
    straighten(&mut items, &order);
    drawn(count, &links, &items, &order, &chains)
}

impl Item {
    const fn new(layer: usize, height: f64) -> Self {
        Self {
            layer,
            height,
            before: Vec::new(),
            after: Vec::new(),
            y: 0.0,
        }
    }

    fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// The links with those turned that would close a cycle. A link of a node to itself stays as it is.
fn without_cycles(count: usize, links: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut has_before = vec![false; count];
    for (source, sink) in links.iter().filter(|(source, sink)| source != sink) {
        next[*source].push(*sink);
        has_before[*sink] = true;
    }
    // 0: not seen; 1: on the way to where the walk is; 2: done.
    let mut seen = vec![0_u8; count];
    let mut back = BTreeSet::new();
    let roots = (0..count).filter(|node| !has_before[*node]);
    for root in roots.chain(0..count) {
        if seen[root] != 0 {
            continue;
        }
        seen[root] = 1;
        let mut way = vec![(root, 0)];
        while let Some((node, place)) = way.last_mut() {
            let node = *node;
            let Some(sink) = next[node].get(*place).copied() else {
                seen[node] = 2;
                way.pop();
                continue;
            };
            *place += 1;
            match seen[sink] {
                0 => {
                    seen[sink] = 1;
                    way.push((sink, 0));
                }
                1 => {
                    back.insert((node, sink));
                }
                _ => {}
            }
        }
    }
    let turned = |link: &(usize, usize)| if back.contains(link) { (link.1, link.0) } else { *link };
    links.iter().map(turned).collect()
}

/// The layer of each node: the length of the longest path that ends in it.
fn layers(count: usize, links: &[(usize, usize)]) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waits_for = vec![0_usize; count];
    for (source, sink) in links.iter().filter(|(source, sink)| source != sink) {
        next[*source].push(*sink);
        waits_for[*sink] += 1;
    }
    let mut layers = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| waits_for[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for sink in &next[node] {
            layers[*sink] = layers[*sink].max(layers[node] + 1);
            waits_for[*sink] -= 1;
            if waits_for[*sink] == 0 {
                ready.push(*sink);
            }
        }
    }
    layers
}

/// Orders each layer by where the neighbours stand, forth and back.
fn arrange(items: &mut [Item], order: &mut [Vec<usize>]) {
    let mut place = vec![0.0; items.len()];
    let note = |layer: &[usize], place: &mut [f64]| {
        for (at, item) in layer.iter().enumerate() {
            place[*item] = at as f64;
        }
    };
    for layer in order.iter() {
        note(layer, &mut place);
    }
    for sweep in 0..SWEEPS {
        let is_forth = sweep % 2 == 0;
        let count = order.len();
        for step in 0..count {
            let layer = &mut order[if is_forth { step } else { count - 1 - step }];
            let mut weighed: Vec<(f64, usize)> = layer
                .iter()
                .map(|item| {
                    let neighbours = if is_forth {
                        &items[*item].before
                    } else {
                        &items[*item].after
                    };
                    (
                        mean(neighbours.iter().map(|next| place[*next])).unwrap_or(place[*item]),
                        *item,
                    )
                })
                .collect();
            weighed.sort_by(|one, other| one.0.total_cmp(&other.0));
            *layer = weighed.into_iter().map(|(_, item)| item).collect();
            note(layer, &mut place);
        }
    }
}

fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0_u32), |(sum, count), number| (sum + number, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Gives each item its height in the drawing: near its neighbours', in the order of its layer, with space between.
fn straighten(items: &mut [Item], order: &[Vec<usize>]) {
    for sweep in 0..=SWEEPS {
        for step in 0..order.len() {
            let is_forth = sweep % 2 == 0;
            let layer = &order[if is_forth { step } else { order.len() - 1 - step }];
            let wishes: Vec<f64> = layer
                .iter()
                .map(|item| {
                    let Item { before, after, .. } = &items[*item];
                    let neighbours = if is_forth { before } else { after };
                    let middle = mean(neighbours.iter().map(|next| items[*next].middle()));
                    middle.map_or(items[*item].y, |middle| middle - items[*item].height / 2.0)
                })
                .collect();
            let mut floor = f64::NEG_INFINITY;
            for (item, wish) in layer.iter().zip(&wishes) {
                items[*item].y = wish.max(floor);
                floor = items[*item].y + items[*item].height + NODE_GAP;
            }
            // What was pushed down by those above goes up by as much as they are off on the whole.
            let shift = mean(layer.iter().zip(&wishes).map(|(item, wish)| wish - items[*item].y)).unwrap_or(0.0);
            for item in layer {
                items[*item].y += shift;
            }
        }
    }
}

fn drawn(
    count: usize,
    links: &[(usize, usize)],
    items: &[Item],
    order: &[Vec<usize>],
    chains: &[Vec<usize>],
) -> Layout {
    let top = items.iter().map(|item| item.y).fold(f64::INFINITY, f64::min);
    let top = if top.is_finite() { top } else { 0.0 };
    let x = |item: usize| items[item].layer as f64 * (NODE_WIDTH + LAYER_GAP);
    let middle = |item: usize| items[item].middle() - top;
    let line = |((source, _), chain): (&(usize, usize), &Vec<usize>)| {
        let is_turned = chain.first() != Some(source);
        let ends = [chain.first(), chain.last()];
        let mut points: Vec<(f64, f64)> = Vec::with_capacity(chain.len() + 2);
        for item in chain {
            let is_end = ends.contains(&Some(item));
            // A link leaves a node on its right and comes to one on its left; it passes a layer from side to side.
            if !is_end || Some(item) == chain.last() {
                points.push((x(*item), middle(*item)));
            }
            if !is_end || Some(item) == chain.first() {
                points.push((x(*item) + NODE_WIDTH, middle(*item)));
            }
        }
        if is_turned {
            points.reverse();
        }
        points
    };
    Layout {
        nodes: (0..count).map(|node| (x(node), items[node].y - top)).collect(),
        links: links.iter().zip(chains).map(line).collect(),
        width: (order.len() as f64 * (NODE_WIDTH + LAYER_GAP) - LAYER_GAP).max(0.0),
        height: items.iter().map(|item| item.y - top + item.height).fold(0.0, f64::max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize, links: &[(usize, usize)]) -> Layout {
        let layout = layout(count, links);
        let points = layout.nodes.iter().chain(layout.links.iter().flatten());
        for (x, y) in points {
            assert!(x.is_finite() && y.is_finite(), "{layout:?}");
            assert!(
                *x >= 0.0 && *x <= layout.width && *y >= -1e-6 && *y <= layout.height,
                "{layout:?}"
            );
        }
        for (one, (x, y)) in layout.nodes.iter().enumerate() {
            for (other_x, other_y) in layout.nodes.iter().skip(one + 1) {
                let apart = (x - other_x).abs() >= NODE_WIDTH || (y - other_y).abs() >= NODE_HEIGHT;
                assert!(apart, "nodes lie on each other: {layout:?}");
            }
        }
        layout
    }

    #[test]
    fn a_node_stands_behind_all_that_lead_to_it() {
        let links = [(0, 1), (1, 2), (0, 2), (2, 3), (4, 3)];
        let layout = check(5, &links);
        for (source, sink) in links {
            assert!(layout.nodes[source].0 < layout.nodes[sink].0);
        }
        // Through the layer between.
        assert_eq!(layout.links[2].len(), 4);
    }

    #[test]
    fn a_cycle_is_drawn_with_one_link_back() {
        for links in [
            &[(0, 1), (1, 2), (2, 0)][..],
            &[(0, 0)],
            &[(0, 1), (1, 0)],
            &[(1, 0), (0, 1), (1, 1)],
        ] {
            let layout = check(3, links);
            let back = links.iter().zip(&layout.links);
            let back = back.filter(|(link, points)| link.0 != link.1 && points[0].0 > points[points.len() - 1].0);
            assert!(back.count() <= 1);
            assert_eq!(layout.links.len(), links.len());
        }
    }

    #[test]
    fn whatever_the_graph_its_drawing_has_a_size() {
        assert!(check(0, &[]).width.abs() < 1.0);
        check(1, &[(0, 7), (9, 0)]);
        check(40, &[]);
        let path: Vec<_> = (0..299).map(|node| (node, node + 1)).collect();
        assert!(check(300, &path).width < 300.0 * 250.0);
        let mut number = 7_usize;
        let mut any = || {
            number = (number * 1_103_515_245 + 12345) % 2_147_483_648;
            (number >> 8) % 300
        };
        let tangle: Vec<_> = (0..1200).map(|_| (any(), any())).collect();
        check(300, &tangle);
    }

    #[test]
    fn a_fork_is_drawn_around_its_middle() {
        let layout = check(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]);
        let middle = f64::midpoint(layout.nodes[1].1, layout.nodes[2].1);
        assert!((layout.nodes[0].1 - middle).abs() < 1.0 && (layout.nodes[3].1 - middle).abs() < 1.0);
    }
}
