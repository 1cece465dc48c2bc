"""Rendered stand-in people: person(seed) -> expression -> mesh -> image.

Nothing here needs more than NumPy and OpenCV. One seed gives one person, and the
same pixels, byte for byte, on every Python the project supports (see `seeding` for
the rules that make it so).

====================  =============================================================
`head`, `features`    the packed MakeHuman head and the features people differ in
`person`              looks, clothes and manner of the person with a seed
`people`              the people of a data set, by their numbers
`skin`                her painted skin
`scalp`, `hair`       her hair, strand by strand
`outfit`              top, glasses, earrings
`expression`          smileys as weights of face units (`smiley_units.csv`)
`manner`              how she, of all people, makes them; strengths in `SPREAD`
`shot`                a face rising, held and falling, and the head's movements
`mesh`                posed triangles
`raster`              the z-buffer
`light`, `shade`      lights, shadows, materials
`background`          what is behind her
`camera`              projection; what lens, sensor and codec do
`studio`              puts all of it together: one `Frame` with its face box
====================  =============================================================
"""
