"""Photographs of real people made to pull the 17 smileys.

No set of real people pulling all smileys exists, but photos of calm faces abound. The
head of `dataset.synth` is fitted to one, makes the smiley in some manner, and the photo
is warped as the head moves; so every picture keeps a real person's skin, hair, light and
background. `dataset/make_puppets.py` writes data sets of them.

1. `fit`: pose, 40 components of identity and 38 face units explain MediaPipe's 478 points;
   where these lie on the head is in `correspondence.npz` (`pack_correspondence`). What the
   face does in the photo is told from who she is by two priors: MediaPipe's blendshape
   scores, and the spread of rendered heads. Radial basis functions bring the mesh the
   rest of the way to the points.
2. `photo_checks`: photos that cannot serve: turned away, eyes lowered, mouth open or covered,
   smiling, dark glasses, too small, too dark.
3. `acting`: a recipe (`recipes.csv`, after how real people act: FER+ votes with blendshapes,
   labelled strangers, half of the performers of ../shared/data/expressions.csv) in the
   manner of a drawn person, on top of what the photo's face is like at rest.
4. `puppeteer`: the mesh moves; `warp` says where each pixel comes from, the movement dying
   out around the face; `paint` changes the light on the skin by the ratio of two renderings
   (Liu, Shan, Zhang: Expressive expression mapping with ratio images, 2001) and draws what
   the photo does not show, as bright as the photo: closed lids, mouth, teeth, tongue, tears,
   sunglasses; in grey photos in grey.

`one_eye` makes winks of real lids instead, from frames in which somebody blinks.

Every picture passes through the warp, neutral ones too, or untouched pixels would become
a mark of their class. The same seed gives the same bytes on one machine; unlike rendered
people's, a photo's fit goes through LAPACK and may differ in the last bit elsewhere.
"""
