"""A film in closed segments: encoded beside each other, kept over a crash, or rendered on other machines.

`cut` says where, `writing` feeds several encoders at once, `journal` keeps what is finished, `saving` puts
it together; how segments become one file is the encoder's affair (`gpuanim.encode._joining`).
"""
