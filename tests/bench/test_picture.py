from xml.etree import ElementTree

import numpy as np

from labelfix.bench.comparison import standings
from labelfix.bench.contestants import Contestant
from labelfix.bench.lines import Line
from labelfix.bench.outcome import Cost
from labelfix.bench.picture import draw

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*contestants, encoder="hog"):
    lines = [
        Line(encoder, one, 0, np.arange(50) < 30 + 3 * place, {}, Cost(1.0, None))
        for place, one in enumerate(contestants)
    ]
    return ElementTree.fromstring(draw(standings(lines), 50, 20))


def test_draw__a_dot_for_each_and_a_curve_where_k_differs():
    votes = [Contestant("neighbours", k) for k in (1, 10, 100)]
    picture = drawn(Contestant("given"), *votes, Contestant("paper", 10, 10))
    assert len(picture.findall(f"{SVG}circle")) == 5
    (curve,) = picture.findall(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in curve.get("points").split()]
    assert len(points) == 3
    assert points == sorted(points)  # K rises to the right
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)  # right rises
    places = [float(dot.get("cx")) for dot in picture.findall(f"{SVG}circle")]
    assert places == sorted(places, reverse=True)  # the best first


def test_draw__users_text_stays_text():
    picture = drawn(Contestant("given"), encoder="precomputed:<&>.npy")
    assert any("<&>" in (text.text or "") for text in picture.findall(f"{SVG}text"))
