"""What MNIST is, who made it and under which licence: the text that its sources share."""

MNIST_ORIGIN = """\
MNIST: grey-level images, 28 x 28 pixels, of single handwritten digits. A pixel is an integer from
0 (background) to 255 (ink); the label is the digit, 0 to 9. Its makers took the digits from NIST's
Special Databases 1 and 3, fitted each into a box of 20 x 20 pixels and placed its centre of mass at
the centre of the image.

Makers:    Yann LeCun, Corinna Cortes and Christopher J. C. Burges
Home:      http://yann.lecun.com/exdb/mnist/
Licence:   Creative Commons Attribution-Share Alike 3.0 (CC BY-SA 3.0)
Reference: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
           document recognition", Proceedings of the IEEE 86(11), 2278-2324, 1998.
"""
